package app

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/config"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/party"
)

// SettingsFile is the optional configuration in the data directory.
const SettingsFile = "habeas.toml"

// settingsPrefix begins the variables that override settings: HABEAS_SMTP_HOST.
const settingsPrefix = "HABEAS_"

// otherVariables begin like settings and are none.
var otherVariables = []string{"HABEAS_DIR", "HABEAS_MASTER_PASSWORD_FILE", "HABEAS_REFERENCE"}

// Settings is DIR/habeas.toml with what the environment overrides. Every key is
// optional, and its tags are its documentation: "habeas config" and docs/settings.md
// are made from them. Files that are not named from the root are looked for in the
// data directory. Nothing in it is secret but the password that a DSN may hold.
type Settings struct {
	Organisation   string            `toml:"organisation" doc:"who keeps the records, as people know it" default:"This organisation" example:"Riverside Arts"`
	Contact        string            `toml:"contact" doc:"how people reach the organisation: an address or a web page" default:"the organisation" example:"records@example.org"`
	PublicURL      string            `toml:"public_url" doc:"where people reach the server; fixes every link and the passkeys. Without it the server is for this machine only" example:"https://records.example.org"`
	Listen         string            `toml:"listen" doc:"address and port to listen at; port 0 takes a free one" default:"localhost:8080" example:":443"`
	TLSCert        string            `toml:"tls_cert" doc:"PEM file of the certificate with its chain, when the server does TLS itself; read again when it changes" example:"/etc/ssl/records.pem"`
	TLSKey         string            `toml:"tls_key" doc:"PEM file of the certificate's key" example:"/etc/ssl/private/records.key"`
	TrustedProxies []string          `toml:"trusted_proxies" doc:"addresses and networks of the reverse proxies that do TLS in front of the server; only they are believed about who asks" example:"127.0.0.1,10.0.0.0/8"`
	CoreDumps      bool              `toml:"core_dumps" doc:"true lets the system dump the memory of the server, and debuggers of the same user look into it: only to search for a fault, since personal data is in it"`
	ACME           ACMESettings      `toml:"acme"`
	Store          StoreSettings     `toml:"store"`
	SMTP           SMTPSettings      `toml:"smtp"`
	Log            LogSettings       `toml:"log"`
	Metrics        MetricsSettings   `toml:"metrics"`
	Trace          TraceSettings     `toml:"trace"`
	Disk           DiskSettings      `toml:"disk"`
	Backup         BackupSettings    `toml:"backup"`
	SessionLog     SessionSettings   `toml:"session_log"`
	Archive        ArchiveSettings   `toml:"archive"`
	AddressChange  AddressSettings   `toml:"address_change"`
	Webhook        WebhookSettings   `toml:"webhook"`
	PKI            PKISettings       `toml:"pki"`
	Directory      DirectorySettings `toml:"directory"`
	Port           PortSettings      `toml:"certificate_port"`
	Escrow         EscrowSettings    `toml:"escrow"`
	QueryLog       QueryLogSettings  `toml:"query_log"`
	Downloads      DownloadSettings  `toml:"downloads"`

	Providers []ProviderSettings `toml:"provider" doc:"an identity provider by which people may sign in too; only in the file"`

	DirectoryGroups []DirectoryGroupSettings `toml:"directory_group" doc:"a group of the directory that permits a role; only in the file"`

	DataSets []party.SetSchema `toml:"data_set" doc:"a data set beside the built-in ones, or one of them described anew; only in the file"`

	EntityTypes []entity.Template `toml:"entity_type" doc:"a type of entities beside the built-in ones, or one of them described anew; only in the file"`

	MailingLists []account.MailingList `toml:"mailing_list" doc:"a mailing list that the organisation runs elsewhere: name, url of the page on which one signs up, private_archive; only in the file"`

	dir    string
	loaded *config.Loaded // nil when a test wrote the struct itself
}

// ACMESettings say how certificates are fetched (RFC 8555).
type ACMESettings struct {
	AcceptTerms bool   `toml:"accept_terms" doc:"true fetches and renews the certificate of public_url by itself, and accepts the certificate authority's terms"`
	Email       string `toml:"email" doc:"where the certificate authority writes to" example:"it@example.org"`
	Directory   string `toml:"directory" doc:"certificate authority" default:"https://acme-v02.api.letsencrypt.org/directory"`
	CAFile      string `toml:"ca_file" doc:"PEM file of the root that the certificate authority's own server is checked with, when it is an internal one" example:"internal-root.pem"`
	Listen      string `toml:"listen" doc:"where to answer HTTP-01 challenges and send everybody else to https; without it the challenge is TLS-ALPN-01, which needs port 443" example:":80"`
}

// StoreSettings choose the database.
type StoreSettings struct {
	Records             string `toml:"records" doc:"PostgreSQL database of the records, as a URL or in key=value form; without it SQLite in the data directory" example:"postgres://habeas@db.example.org/habeas_records?sslmode=verify-full"`
	RecordsPasswordFile string `toml:"records_password_file" doc:"file with that database role's password; PGPASSFILE works too"`
	Keys                string `toml:"keys" doc:"PostgreSQL database of the keys: another database with a role of its own" example:"postgres://habeas_keys@db.example.org/habeas_keys?sslmode=verify-full"`
	KeysPasswordFile    string `toml:"keys_password_file" doc:"file with that database role's password"`
}

// SMTPSettings say how mail leaves.
type SMTPSettings struct {
	Host         string `toml:"host" doc:"the mail server; without it mail waits in the outbox" example:"smtp.example.org"`
	Port         int    `toml:"port" doc:"its port; 0 means 587, 465 or 25 by tls" default:"0" example:"2525"`
	TLS          string `toml:"tls" doc:"how the connection is protected; none on loopback only" default:"starttls" choice:"starttls|implicit|none"`
	CAFile       string `toml:"ca_file" doc:"PEM file of the root that its certificate is checked with; without it the system's"`
	Username     string `toml:"username" doc:"login; without it none"`
	PasswordFile string `toml:"password_file" doc:"file with the login's password" example:"/etc/habeas/smtp-password"`
	From         string `toml:"from" doc:"address of the sender; needed with host" example:"records@example.org"`
}

// LogSettings say what is logged to standard error.
type LogSettings struct {
	Level  string `toml:"level" doc:"from which level on" default:"info" choice:"debug|info|warn|error"`
	Format string `toml:"format" doc:"form of a line" default:"text" choice:"text|json"`
}

// MetricsSettings say where Prometheus may ask.
type MetricsSettings struct {
	Listen    string `toml:"listen" doc:"address and port of a listener of its own for /metrics, /healthz and /readyz; without it there is no /metrics. Beyond this machine it wants token_file" example:"localhost:9464"`
	TokenFile string `toml:"token_file" doc:"file with the bearer token that /metrics asks for"`
}

// TraceSettings say where OpenTelemetry traces go.
type TraceSettings struct {
	Endpoint string `toml:"endpoint" doc:"OTLP/HTTP collector; without it nothing is traced" example:"http://localhost:4318"`
	Percent  int    `toml:"percent" doc:"how many of a hundred requests are traced" default:"100"`
}

// WebhookSettings say where connected systems can be told of changes.
type WebhookSettings struct {
	AllowNetworks []string `toml:"allow_networks" doc:"networks inside which webhooks may be called; without it only public addresses, and nothing that a name inside leads to" example:"10.20.0.0/16,127.0.0.1"`
}

// AddressSettings say how long a change of somebody's main address leaves room to object.
type AddressSettings struct {
	WaitHours   int `toml:"wait_hours" doc:"how long the old main address can stop a change of it before anything changes" default:"72"`
	RevertHours int `toml:"revert_hours" doc:"how long the link in its mail takes the change back afterwards" default:"72"`
}

func (s AddressSettings) rules() (account.ChangeRules, error) {
	r := account.ChangeRules{Wait: time.Duration(s.WaitHours) * time.Hour, Revert: time.Duration(s.RevertHours) * time.Hour}
	return r, r.Check()
}

// EscrowSettings say how long the reset of a registration file's password leaves room to object.
type EscrowSettings struct {
	WaitHours int `toml:"wait_hours" doc:"how long a reset of a registration file's password waits, for who has not just proved by passkey who they are; all addresses of the account can stop it meanwhile" default:"24"`
}

func (s EscrowSettings) rules() (account.EscrowRules, error) {
	r := account.DefaultEscrowRules
	r.Wait = time.Duration(s.WaitHours) * time.Hour
	return r, r.Check()
}

// PKISettings are what certificates say of the organisation, beside its name.
type PKISettings struct {
	Country string `toml:"country" doc:"country of the organisation in its certificates: two letters, as in ISO 3166-1; best set before the first certificate, else it says ZZ, unknown" example:"ES"`
	URL     string `toml:"url" doc:"where everybody reads which certificates are revoked: plain http, without a slash at the end; empty: /pki below the host of public_url. It is written into every certificate and must stay" example:"http://pki.example.org"`
	Listen  string `toml:"listen" doc:"address and port of a listener of its own, without TLS, at which that is read when the server does TLS itself; acme.listen serves it too" example:":80"`
	Root    string `toml:"root" doc:"where the root of the certificate authority is: here, where it is made when it is first needed, or elsewhere, on a machine without a network (see habeas pki --help)" default:"here" choice:"here|elsewhere"`
}

// PortSettings say where people show the certificate of their registration.
type PortSettings struct {
	Listen  string `toml:"listen" doc:"address and port at which people show the certificate of their registration; it has to reach the server itself, with no proxy that ends TLS before it. Without it nobody signs in by certificate" example:":8443"`
	URL     string `toml:"url" doc:"how browsers reach that port; empty: https, the host of public_url and the port of listen" example:"https://records.example.org:8443"`
	Show    string `toml:"show" doc:"which certificate the server shows there: site, that of tls_cert or acme, which browsers trust; own, one of the server's own authority, for who trusts its root; auto, site where there is one" default:"auto" choice:"auto|site|own"`
	TLSCert string `toml:"tls_cert" doc:"PEM file of a certificate for this port alone, with its chain"`
	TLSKey  string `toml:"tls_key" doc:"PEM file of its key"`
}

// SessionSettings say how long the steps of signing in, claiming and entering are kept.
type SessionSettings struct {
	KeepDays int `toml:"keep_days" doc:"how long session logs are kept, which tell the steps of a flow and nothing of who took them: at most 180 days; 0 writes none" default:"30"`
}

// QueryLogSettings say whether questions about entities are noted.
type QueryLogSettings struct {
	Percent   int  `toml:"percent" doc:"of a hundred questions about entities so many are noted for internal use, with what was answered, for at most six months: 0 notes none" default:"0"`
	Addresses bool `toml:"addresses" doc:"true notes from which network address they came, too, sealed"`
}

// ArchiveSettings say where the log of accounts goes when its time here is over.
type ArchiveSettings struct {
	Recipient string `toml:"recipient" doc:"who can read the archive of the logs: an age recipient, as age-keygen prints it, whose secret half is kept on no server. Without it what is older than six months is destroyed" example:"age1…"`
	Dir       string `toml:"dir" doc:"directory that the files of the archive are written into, best on another machine and so that they can be added and not read or changed" example:"/mnt/archive"`
}

// archive reads them; the zero Archive keeps nothing.
func (s Settings) archive() (Archive, error) {
	to, err := recipientsOf([]string{s.Archive.Recipient}, "")
	if err != nil || len(to) == 0 {
		return Archive{}, err
	}
	return Archive{Dir: s.file(s.Archive.Dir), To: to[0]}, nil
}

// BackupSettings say when a backup is missed.
type BackupSettings struct {
	ExpectHours int `toml:"expect_hours" doc:"after how long without a backup health, doctor and a mail to the administrators say so: more than the time between two of them" default:"50" example:"26"`
}

// DiskSettings say when the disk is too full.
type DiskSettings struct {
	Warn   Mark `toml:"warn" doc:"free space below which health and log warn: bytes or a share" default:"1GiB" example:"10%"`
	Refuse Mark `toml:"refuse" doc:"free space below which nothing new is taken in; reading and erasing go on" default:"256MiB" example:"3%"`
}

// ReadSettings reads DIR/habeas.toml and the environment. Everything that is wrong is
// said at once, each with its place and what was expected.
func ReadSettings(dir string) (Settings, error) {
	s, err := loadSettings(dir)
	if err != nil {
		return s, err
	}
	return s, asSettingsError(s.problems().Err())
}

// loadSettings reads without asking whether the values make sense together.
func loadSettings(dir string) (Settings, error) {
	s := Settings{dir: dir}
	var err error
	s.loaded, err = config.Load(&s, config.Options{
		File: filepath.Join(dir, SettingsFile), Prefix: settingsPrefix, Environ: os.Environ(), Known: otherVariables,
	})
	return s, asSettingsError(err)
}

// asSettingsError makes problems an error for people; another error passes.
func asSettingsError(err error) error {
	if errors.Is(err, config.ErrPermission) {
		return errDirOwner.WithCause(err)
	}
	problems, ok := err.(config.Problems)
	if !ok {
		return err
	}
	return &habeas.Error{Kind: habeas.KindInvalid, Code: "settings.invalid", Field: problems[0].Key, Message: problems.Error()}
}

// ShowSettings returns every key with its present value and its place, and the
// variables that look like settings and are none. No value holds a secret.
func ShowSettings(dir string) (values []config.Value, unused []string, err error) {
	s, err := loadSettings(dir)
	if err != nil {
		return nil, nil, err
	}
	return s.loaded.Values(redactDSN), s.loaded.Unused, nil
}

// SettingsTable is the table of docs/settings.md.
func SettingsTable() string { return config.Table(config.Keys(settingsPrefix, &Settings{})) }

// file returns where a file of the settings lies, "" for none.
func (s Settings) file(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}

// sets returns the built-in data sets and those of the settings; one of the same
// name replaces the built-in.
func (s Settings) sets() []party.SetSchema {
	sets := party.DefaultSchemas()
	for _, mine := range s.DataSets {
		if mine.Visibility == "" {
			mine.Visibility = party.ToStaff
		}
		replaced := false
		for i := range sets {
			if sets[i].Name == mine.Name {
				sets[i], replaced = mine, true
			}
		}
		if !replaced {
			sets = append(sets, mine)
		}
	}
	return sets
}
