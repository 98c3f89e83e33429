package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/client"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// receiver is a connected system's own server. It checks signatures as the client does.
type receiver struct {
	testing.TB
	*httptest.Server
	mu      sync.Mutex
	status  int
	secrets []string
	got     []client.Event
	arrived chan client.Event
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{TB: t, status: http.StatusOK, arrived: make(chan client.Event, 100)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	e, err := client.VerifyWebhook(q.Header, body, r.secrets, 200*365*24*time.Hour) // the test's clock stands elsewhere
	if err != nil {
		r.Errorf("a delivery does not verify: %v", err)
	}
	if r.status == http.StatusOK {
		r.got = append(r.got, e)
		r.arrived <- e
	}
	w.WriteHeader(r.status)
}

// sends empties the outbox of webhooks as the worker does, and says how many got through.
func (w *world) sends() (through int) {
	w.Helper()
	lane := w.DB.Ops().Lane(webhook.Job)
	for {
		now := w.clock.Now()
		due := must(lane.Due(w.ctx(), now, now.Add(time.Minute), 100))(w)
		if len(due) == 0 {
			return through
		}
		for _, job := range due {
			err := w.Webhooks.Deliver(w.ctx(), job)
			var f *webhook.Failure
			switch {
			case err == nil:
				through++
				w.ok(lane.Done(w.ctx(), job.ID, now))
			case asFailure(err, &f) && f.Permanent():
				w.ok(lane.Dead(w.ctx(), job.ID, job.Attempts, now, f.Reason()))
			default:
				w.ok(lane.Retry(w.ctx(), job.ID, job.Attempts, now.Add(time.Hour), "later"))
			}
		}
	}
}

func asFailure(err error, f **webhook.Failure) (ok bool) {
	*f, ok = err.(*webhook.Failure)
	return ok
}

// hooked connects a system with a webhook.
func (w *world) hooked(r *receiver, kinds ...string) *reader {
	w.Helper()
	s := w.reading("Hotel", "contact", "phone")
	ctx := sealed.NewContext(w.ctx(), sealed.Open(w.ctx()))
	_, secret, err := w.Webhooks.Set(ctx, s.actor, s.actor.System, webhook.Terms{URL: r.URL + "/hook", Kinds: kinds})
	w.ok(err)
	r.secrets = []string{sealedtest.Text(secret)}
	return s
}

func types(events []client.Event) (all []string) {
	for _, e := range events {
		all = append(all, e.Type)
	}
	return all
}

// Proves PTY-30.
func TestAWebhookIsSentWhatTheFeedShows(t *testing.T) {
	w := newWorld(t)
	w.opening("contact", "phone")
	r := newReceiver(t)
	hotel, other := w.hooked(r, "erased", "corrected"), w.connect("Other")
	id, ref := hotel.says("tim@example.org", party.Values{})
	hotel.follow()
	other.say("tim@example.org", phone("+34600111222"))
	hotel.follow()
	w.restrain(id, party.Restricted) // is not wanted
	w.remove(id)
	hotel.follow()
	w.ok(w.Webhooks.Test(w.ctx(), hotel.actor, hotel.actor.System))
	w.sends()
	slices.SortFunc(r.got, func(a, b client.Event) int { return strings.Compare(a.Type, b.Type) }) // calls may overtake each other
	if got := types(r.got); !slices.Equal(got, []string{"corrected", "erased", "reset", "test"}) {
		t.Fatalf("sent %q", got)
	}
	if e := r.got[0]; e.Party != ref.String() || !hotel.seen[e.ID] {
		t.Errorf("the event is another one than in the feed: %+v", e)
	}
	if w.sends() != 0 {
		t.Error("something is sent again that got through")
	}
}

// Proves PTY-30.
func TestAWebhookThatDoesNotGetThroughIsPausedAndNothingIsLost(t *testing.T) {
	w := newWorld(t)
	ada := w.administers("ada@example.org")
	w.opening("contact", "phone")
	r := newReceiver(t)
	hotel, other := w.hooked(r), w.connect("Other")
	hotel.says("tim@example.org", party.Values{})
	hotel.follow()
	w.sends()
	r.answer(http.StatusInternalServerError)
	other.say("tim@example.org", phone("+34600111220"))
	hotel.follow()
	w.sends()
	h, waiting, _, err := w.Webhooks.Of(w.ctx(), ada, hotel.actor.System)
	w.ok(err)
	if h.State != webhook.Active || h.Failing.IsZero() || h.Reason != "status-500" || waiting != 1 {
		t.Errorf("%+v, %d wait", h, waiting)
	}
	w.later(webhook.GiveUp + time.Hour)
	w.mails()
	w.sends()
	w.mailTo("ada@example.org", mail.KindWebhook)
	h, waiting, dead, err := w.Webhooks.Of(w.ctx(), ada, hotel.actor.System)
	w.ok(err)
	if h.State != webhook.GaveUp || waiting != 0 || dead != 0 {
		t.Errorf("%+v, %d wait, %d given up", h, waiting, dead)
	}
	other.say("tim@example.org", phone("+34600111221")) // while it is paused
	hotel.follow()
	r.answer(http.StatusOK)
	if w.sends() != 0 {
		t.Error("a paused webhook is sent something")
	}
	w.ok(w.Webhooks.Resume(w.ctx(), ada, hotel.actor.System))
	w.sends()
	w.ok(w.Webhooks.Pause(w.ctx(), hotel.actor, hotel.actor.System))
	other.say("tim@example.org", phone("+34600111222"))
	hotel.follow()
	w.sends()
	w.ok(w.Webhooks.Resume(w.ctx(), hotel.actor, hotel.actor.System))
	w.sends()
	got := types(r.got)
	slices.Sort(got)
	if !slices.Equal(got, []string{"corrected", "corrected", "corrected", "reset"}) {
		t.Errorf("sent %q", got)
	}
	r.answer(http.StatusGone)
	w.ok(w.Webhooks.Test(w.ctx(), ada, hotel.actor.System))
	w.sends()
	w.mailTo("ada@example.org", mail.KindWebhook)
	w.ok(w.Webhooks.Remove(w.ctx(), ada, hotel.actor.System))
	_, _, _, err = w.Webhooks.Of(w.ctx(), ada, hotel.actor.System)
	w.refused(err, "webhook.none")
}

func TestWhatWasGivenUpIsSentAgain(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	hotel := w.hooked(r)
	hotel.follow()
	w.sends()
	w.ok(w.Webhooks.Test(w.ctx(), hotel.actor, hotel.actor.System))
	lane, now := w.DB.Ops().Lane(webhook.Job), w.clock.Now()
	job := must(lane.Due(w.ctx(), now, now.Add(time.Minute), 10))(w)[0]
	w.ok(lane.Dead(w.ctx(), job.ID, job.Attempts, now, "status-500"))
	given := must(w.Webhooks.GivenUp(w.ctx(), hotel.actor, hotel.actor.System))(w)
	if len(given) != 1 || given[0].Kind != party.NewsTest || given[0].Reason != "status-500" {
		t.Fatalf("%+v", given)
	}
	if n := must(w.Webhooks.Resend(w.ctx(), hotel.actor, hotel.actor.System, given[0].Seq))(w); n != 1 || w.sends() != 1 {
		t.Error("it is not sent again")
	}
	if n := must(w.Webhooks.Resend(w.ctx(), hotel.actor, hotel.actor.System, 0))(w); n != 0 {
		t.Error("it is given up still")
	}
	if len(must(w.DB.Ops().Delivered(w.ctx(), habeas.SubjectID{}, 10))(w)) != 0 {
		t.Error("calls stand among the mails")
	}
}

// administers makes somebody who administers the server and has a passkey.
func (w *world) administers(address string) habeas.Actor {
	w.Helper()
	a := w.member(address)
	w.employ(address, habeas.RoleAdministrator)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		return tx.Accounts().AddPasskey(account.Passkey{Hash: w.Keys.Lookup(account.LookupPasskey, address), Account: a.Account, AddedAt: w.clock.Now(), Credential: []byte(`{}`)},
			audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.CredentialAdded, Subject: habeas.SubjectOf(a.Account), Actor: a, At: w.clock.Now()})
	}))
	a.Roles = []habeas.Role{habeas.RolePerson, habeas.RoleAdministrator}
	return a
}

// A whole server on real files is stopped right after a change, and started again.
//
// Proves PTY-30.
func TestNothingIsLostWhenTheServerStops(t *testing.T) {
	dir := t.TempDir()
	dsn := pgtest.Filled(t, dir)
	r := newReceiver(t)
	keys, _, err := keyring.Create(t.Context(), filepath.Join(dir, "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	open := func(keys *keyring.Ring) *world {
		s, err := app.Open(t.Context(), app.Config{
			Dir: dir, RecordsDSN: dsn, Keys: keys, Clock: habeas.SystemClock{}, Organisation: "City Sports",
			Origin: must(edge.ParseOrigin("https://records.example.org"))(t), WebhookNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		})
		if err != nil {
			t.Fatal(err)
		}
		return &world{TB: t, Server: s, clock: habeas.NewManualClock(time.Now())}
	}
	w := open(keys)
	hotel, other := w.hooked(r), w.connect("Other")
	w.opening("contact", "phone")
	hotel.says("tim@example.org", party.Values{})
	next := func(want string) client.Event {
		t.Helper()
		for {
			select {
			case e := <-r.arrived:
				if e.Type == want {
					return e
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%s did not arrive", want)
			}
		}
	}
	next("reset")
	other.say("tim@example.org", phone("+34600111222"))
	w.ok(w.Close()) // at once, before it was found out whom that concerns

	keys, err = keyring.Open(t.Context(), filepath.Join(dir, "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w = open(keys)
	e := next("corrected")
	hotel.world = w
	hotel.follow()
	if !hotel.seen[e.ID] {
		t.Error("the event has another name in the feed")
	}
	w.ok(w.Close())
}
