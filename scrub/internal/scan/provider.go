package scan

// Alphabets of keys.
const (
	alnum  = isAlnum
	token  = isToken
	hexa   = isHex
	capped = isUpper | isDigit
	base   = isAlnum | isBase64
	coded  = isToken | isBase64
)

// provider is a kind of key that its maker marks with a prefix, so that it is found. The
// forms are those of the makers' documentation; lengths that they do not promise are taken
// as lower bounds.
type provider struct {
	prefix   string
	alphabet uint8
	min, max int    // characters after the prefix
	more     string // bytes that may stand in it besides the alphabet
}

// series are providers whose several prefixes go with one form.
var series = []struct {
	prefixes string
	form     provider
}{
	// AWS: access keys, Bedrock.
	{"AKIA ASIA ABIA ACCA", provider{alphabet: capped, min: 16, max: 17}},
	{"ABSK", provider{alphabet: base, min: 60, max: 300}},
	{"bedrock-api-key-", provider{alphabet: base, min: 20, max: 1900}},
	// Google, Azure, Alibaba, Yandex, Cloudflare, Fastly, DigitalOcean, Heroku, Fly.io.
	{"AIza", provider{alphabet: token, min: 35, max: 35}},
	{"GOCSPX-", provider{alphabet: token, min: 28, max: 28}},
	{"ya29.", provider{alphabet: token, min: 20, max: 1024, more: "."}},
	{"LTAI", provider{alphabet: alnum, min: 12, max: 24}},
	{"AQVN", provider{alphabet: token, min: 35, max: 38}},
	{"YCAJE YCA YCO", provider{alphabet: token, min: 20, max: 40}},
	{"cfk_ cfut_ cfat_", provider{alphabet: alnum, min: 40, max: 64}},
	{"v1.0-", provider{alphabet: hexa, min: 100, max: 220, more: "-"}},
	{"dop_v1_ doo_v1_ dor_v1_", provider{alphabet: hexa, min: 64, max: 64}},
	{"HRKU-", provider{alphabet: token, min: 36, max: 64}},
	{"fo1_ fm1a_ fm1r_ fm2_", provider{alphabet: coded, min: 40, max: 1500, more: ","}},
	{"tk-us- tk-eu-", provider{alphabet: token, min: 40, max: 64}}, // Scalingo
	// GitHub, GitLab, Bitbucket, Atlassian, Gitea.
	{"ghp_ gho_ ghu_ ghs_ ghr_", provider{alphabet: alnum, min: 36, max: 251}},
	{"github_pat_", provider{alphabet: token, min: 60, max: 251}},
	{"glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glsoat- glagent- gloas- glimt- glffct- glwt-", provider{alphabet: token, min: 20, max: 300, more: "."}},
	{"GR1348941", provider{alphabet: token, min: 20, max: 20}},
	{"ATATT3 ATCTT3 ATBB", provider{alphabet: coded, min: 28, max: 255}},
	{"sgp_ slk_", provider{alphabet: token, min: 40, max: 100}}, // Sourcegraph
	// Package registries, builds, stores of artefacts.
	{"npm_", provider{alphabet: alnum, min: 36, max: 36}},
	{"pypi-", provider{alphabet: token, min: 50, max: 512}},
	{"rubygems_", provider{alphabet: hexa, min: 48, max: 48}},
	{"CLOJARS_", provider{alphabet: alnum, min: 60, max: 60}},
	{"cio", provider{alphabet: alnum, min: 32, max: 32}}, // crates.io
	{"dckr_pat_ dckr_oat_", provider{alphabet: token, min: 24, max: 64}},
	{"AKCp cmVmd", provider{alphabet: alnum, min: 59, max: 69}}, // JFrog
	{"CCIPAT_ CCIPRJ_", provider{alphabet: token, min: 40, max: 80}},
	{"sqp_ squ_ sqa_", provider{alphabet: hexa, min: 40, max: 40}}, // SonarQube
	{"API-", provider{alphabet: capped, min: 26, max: 28}},         // Octopus Deploy
	{"rdme_", provider{alphabet: alnum, min: 60, max: 80}},
	{"ico-", provider{alphabet: alnum, min: 32, max: 32}}, // Infracost
	// Messages: Slack, Discord, Twilio, SendGrid, Mailgun, Brevo, Mailchimp.
	{"xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxo- xoxc- xoxd- xoxe.xoxp- xoxe.xoxb-", provider{alphabet: token, min: 7, max: 255}},
	{"xapp-", provider{alphabet: token, min: 7, max: 255}},
	{"xwfp-", provider{alphabet: token, min: 20, max: 255}},
	{"SG.", provider{alphabet: token, min: 60, max: 72, more: ".="}},
	{"SK AC", provider{alphabet: hexa, min: 32, max: 32}},
	{"key- pubkey-", provider{alphabet: hexa, min: 32, max: 32}},
	{"xkeysib- xsmtpsib-", provider{alphabet: token, min: 64, max: 100}},
	// Payments: Stripe, Square, Shopify, Plaid, PayPal, EasyPost, Flutterwave and others.
	{"sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_", provider{alphabet: alnum, min: 10, max: 255}},
	{"whsec_", provider{alphabet: base, min: 20, max: 255}},
	{"sq0atp- sq0csp- sq0idp-", provider{alphabet: token, min: 22, max: 60}},
	{"EAAA", provider{alphabet: token, min: 22, max: 60}},
	{"shpat_ shpss_ shpca_ shppa_", provider{alphabet: hexa, min: 32, max: 32}},
	{"access-sandbox- access-development- access-production-", provider{alphabet: token, min: 36, max: 36}},
	{"access_token$production$ access_token$sandbox$", provider{alphabet: token, min: 40, max: 60, more: "$"}},
	{"EZAK EZTK", provider{alphabet: alnum, min: 54, max: 54}},
	{"FLWSECK_TEST- FLWPUBK_TEST- FLWSECK- FLWPUBK-", provider{alphabet: token, min: 12, max: 40}},
	{"shippo_live_ shippo_test_", provider{alphabet: hexa, min: 40, max: 40}},
	{"duffel_test_ duffel_live_", provider{alphabet: coded, min: 40, max: 64}},
	{"live_pub_ test_pub_", provider{alphabet: hexa, min: 31, max: 31}},
	{"live_ test_", provider{alphabet: token, min: 35, max: 45, more: "~"}}, // Lob, GoCardless
	// Models: OpenAI, Anthropic and others, Hugging Face, Perplexity.
	{"sk-", provider{alphabet: token, min: 20, max: 255}},
	{"hf_ api_org_", provider{alphabet: alnum, min: 30, max: 64}},
	{"pplx- gsk_ xai- r8_", provider{alphabet: alnum, min: 36, max: 90}},
	{"dapi dose dkea", provider{alphabet: hexa, min: 32, max: 34, more: "-"}}, // Databricks
	// What watches: Grafana, Sentry, New Relic, Dynatrace, Datadog.
	{"glsa_", provider{alphabet: token, min: 32, max: 64}},
	{"glc_ eyJrIjoi", provider{alphabet: base, min: 32, max: 400}},
	{"sntrys_ sntryu_ sntrya_ sntryi_", provider{alphabet: coded, min: 50, max: 400, more: "."}},
	{"NRAK- NRII- NRJS- NRIQ- NRRA-", provider{alphabet: token, min: 19, max: 42}},
	{"dt0c01. dt0s01. dt0s02.", provider{alphabet: alnum, min: 80, max: 100, more: "."}},
	{"ddp_", provider{alphabet: alnum, min: 36, max: 36}},
	// Keepers of secrets: Vault, Terraform, Doppler, 1Password, age, Infisical, Pulumi.
	{"hvs. hvb. hvr.", provider{alphabet: token, min: 24, max: 512}},
	{"dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", provider{alphabet: alnum, min: 40, max: 64, more: "."}},
	{"ops_eyJ", provider{alphabet: coded, min: 100, max: 1900}},
	{"A3-", provider{alphabet: capped, min: 31, max: 36, more: "-"}},
	{"AGE-SECRET-KEY-1", provider{alphabet: capped, min: 58, max: 58}},
	{"age1", provider{alphabet: alnum, min: 58, max: 62}},
	{"pul- pnu_", provider{alphabet: alnum, min: 36, max: 40}},
	{"st.", provider{alphabet: alnum, min: 60, max: 110, more: "."}},
	// Databases and platforms: PlanetScale, Supabase, Airtable, ClickHouse, Harness.
	{"pscale_tkn_ pscale_oauth_ pscale_pw_", provider{alphabet: coded, min: 32, max: 64, more: "."}},
	{"sbp_", provider{alphabet: hexa, min: 40, max: 40}},
	{"sb_secret_ sb_publishable_", provider{alphabet: token, min: 20, max: 64}},
	{"pat.", provider{alphabet: token, min: 60, max: 80, more: "."}},
	{"pat", provider{alphabet: alnum, min: 79, max: 79, more: "."}},
	{"sat.", provider{alphabet: token, min: 60, max: 80, more: "."}},
	{"sm_aat_ sm_pat_ sm_sat_", provider{alphabet: alnum, min: 16, max: 16}},
	{"sha256~", provider{alphabet: token, min: 43, max: 43}}, // OpenShift
	// Work: Linear, Notion, Figma, Postman, Typeform, Frame.io, Adobe, Facebook and others.
	{"lin_api_ lin_oauth_", provider{alphabet: alnum, min: 32, max: 64}},
	{"ntn_ secret_", provider{alphabet: alnum, min: 40, max: 50}},
	{"figd_ figu_ figo_ figor_", provider{alphabet: token, min: 40, max: 64}},
	{"PMAK-", provider{alphabet: hexa, min: 59, max: 59, more: "-"}},
	{"tfp_", provider{alphabet: token, min: 40, max: 64, more: ".="}},
	{"fio-u-", provider{alphabet: coded, min: 60, max: 70}},
	{"p8e-", provider{alphabet: alnum, min: 32, max: 32}},
	{"s-s4t2ud- s-s4t2af-", provider{alphabet: hexa, min: 64, max: 64}},
	{"EAAM EAAC", provider{alphabet: alnum, min: 80, max: 255}},
	{"dnkey-", provider{alphabet: coded, min: 60, max: 110}},
	{"atlasv1.", provider{alphabet: coded, min: 60, max: 80}}, // Terraform, with 14 before
	// Addresses that are secrets.
	{"webhook.office.com/ hooks.slack.com/services/ discord.com/api/webhooks/ discordapp.com/api/webhooks/", provider{alphabet: token, min: 30, max: 300, more: "/@"}},
	{"ext_ sc_ scauth_ authress_", provider{alphabet: coded, min: 40, max: 200, more: "."}},
	{"t1.", provider{alphabet: coded, min: 80, max: 300, more: "."}}, // Yandex
	// SSH keys, JSON Web Tokens (RFC 7519) and such in base64 once more.
	{"eyJ", provider{alphabet: token, min: 8, max: 2000}},
	{"ZXlK", provider{alphabet: coded, min: 32, max: 2000}},
}

// providers are the kinds of keys one by one.
var providers = func() (all []provider) {
	for _, s := range series {
		for _, prefix := range fields(s.prefixes) {
			v := s.form
			v.prefix = prefix
			all = append(all, v)
		}
	}
	return append(all,
		provider{prefix: "ssh-rsa AAAA", alphabet: base, min: 60, max: 1000},
		provider{prefix: "ssh-ed25519 AAAA", alphabet: base, min: 60, max: 100},
		provider{prefix: "ecdsa-sha2-nistp256 AAAA", alphabet: base, min: 100, max: 300})
}()

// anyCase says whether the prefix is marked enough to be known in either case: what writes
// logs may change it.
func (v *provider) anyCase() bool {
	n := len(v.prefix)
	return n > 3 && (v.prefix[n-1] == '_' || v.prefix[n-1] == '-' || v.prefix[n-1] == '.')
}

// begins says whether the prefix stands at i.
func (v *provider) begins(t []byte, i int) bool {
	if hasPrefix(t, i, v.prefix) {
		return true
	}
	if !v.anyCase() || i+len(v.prefix) > len(t) {
		return false
	}
	for k := range len(v.prefix) {
		if fold(t[i+k]) != fold(v.prefix[k]) {
			return false
		}
	}
	return true
}

// end is the end of what can be a key from i on, and how many characters it has: one more
// than there may be, if it goes on. The long s and the sign of the kelvin count as the
// letters that they fold to, since rules without regard to case take them, too.
func (v *provider) end(t []byte, i int) (e, n int) {
	folds := v.alphabet&isLower != 0
	for e = i; e < len(t) && n <= v.max; n++ {
		size := 1
		switch {
		case has(t[e], v.alphabet), v.more != "" && isOneOf(t[e], v.more):
		case folds && hasPrefix(t, e, "\u017f"):
			size = 2
		case folds && hasPrefix(t, e, "\u212a"):
			size = 3
		default:
			size = 0
		}
		if size == 0 {
			break
		}
		e += size
	}
	for e > i && (t[e-1] == '.' || t[e-1] == ',') {
		e--
		n--
	}
	return e, n
}

// isOneOf says whether c is one of a few bytes.
func isOneOf(c byte, few string) bool {
	for i := range len(few) {
		if few[i] == c {
			return true
		}
	}
	return false
}
