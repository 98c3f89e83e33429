package app_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/shamir"
	accountpages "github.com/habeas-data/habeas/internal/web/account"
)

const keeperInfo = "habeas keepers v1"

// sharing is the key that shares are sealed to, as the page derives it from the registration file.
func (c *leaver) sharing() hpke.PrivateKey {
	c.Helper()
	d := must(c.key.Bytes())(c)
	seed := must(hkdf.Key(sha256.New, d, nil, keeperInfo+"\nseed\n"+c.cert.Serial.String(), 32))(c)
	return must(hpke.DHKEM(ecdh.X25519()).NewPrivateKey(seed))(c)
}

// askAll asks people to be key keepers.
func (c *leaver) askAll(need int, people ...*leaver) {
	c.Helper()
	var to []email.Address
	for _, p := range people {
		to = append(to, c.address(p.mail))
	}
	c.ok(c.Escrows.AskKeepers(c.ctx(), c.actor, to, need))
	c.later(0)
}

// placeFor is the place that somebody else's key has for c.
func (c *leaver) placeFor(owner *leaver) (p accountpages.Place) {
	c.Helper()
	for _, one := range must(c.Escrows.Keeping(c.ctx(), c.actor))(c).Places {
		if one.Keeper.Owner == owner.actor.Account {
			p = one
		}
	}
	return p
}

// agreement is what the page of a keeper sends.
func (c *leaver) agreement(k account.Keeper) account.Agreement {
	c.Helper()
	a := account.Agreement{Serial: c.cert.Serial, Point: c.sharing().PublicKey().Bytes()}
	a.Signature = c.sign(c.key, account.AgreeText(k, a))
	return a
}

func (c *leaver) agreesFor(owner *leaver) {
	c.Helper()
	k := c.placeFor(owner).Keeper
	c.ok(c.Escrows.Agree(c.ctx(), c.actor, k.ID, c.agreement(k)))
	c.later(0)
}

// split is what the page of who asked sends once all have answered.
func (c *leaver) split() account.Deposit {
	c.Helper()
	s := must(c.Escrows.KeepersOf(c.ctx(), c.actor))(c)
	if len(s.Ready) == 0 {
		c.Fatal("the set cannot be made")
	}
	set, need := s.Ready[0].Set, s.Ready[0].Need
	secret, iv := make([]byte, 32), make([]byte, 12)
	rand.Read(secret)
	rand.Read(iv)
	block := must(cipher.NewGCM(must(aes.NewCipher(secret))(c)))(c)
	shut := block.Seal(iv, iv, c.pkcs8(), account.SplitText(set, c.actor.Account, c.cert.Serial, need))
	d := account.Deposit{Serial: c.cert.Serial, Class: account.EscrowSplit, Words: account.EscrowWords}
	d.Sealed = c.sealTo(s.Key, account.DepositText(c.actor.Account, d.Serial, d.Class), shut)
	shares := must(shamir.Split(secret, need, len(s.Ready)))(c)
	for i, k := range s.Ready {
		d.Shares = append(d.Shares, account.Share{Keeper: k.ID, Sealed: c.sealFor(hpke.DHKEM(ecdh.X25519()), k.Point, account.ShareText(k.Keeper, c.cert.Serial), shares[i])})
	}
	d.Signature = c.sign(c.key, account.ConsentText(d.Words, d.Digest()))
	return d
}

func (c *leaver) sealFor(kem hpke.KEM, to, aad, plain []byte) []byte {
	c.Helper()
	enc, s, err := hpke.NewSender(must(kem.NewPublicKey(to))(c), hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(keeperInfo))
	c.ok(err)
	return append(enc, must(s.Seal(aad, plain))(c)...)
}

func openFor(key hpke.PrivateKey, size int, message, aad []byte) ([]byte, error) {
	r, err := hpke.NewRecipient(message[:size], key, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(keeperInfo))
	if err != nil {
		return nil, err
	}
	return r.Open(aad, message[size:])
}

// shared lets keepers keep the key of c, need of them together.
func (c *leaver) shared(need int, keepers ...*leaver) {
	c.Helper()
	c.askAll(need, keepers...)
	for _, k := range keepers {
		k.agreesFor(c)
	}
	c.ok(c.Escrows.KeepEscrow(c.ctx(), c.actor, c.split()))
	c.later(0)
}

// reply is what the page of a keeper sends for a reset.
func (c *leaver) reply(p accountpages.Place) []byte {
	c.Helper()
	piece := must(openFor(c.sharing(), 32, p.Share, account.ShareText(p.Keeper, p.OwnerSerial)))(c)
	return c.sealFor(hpke.DHKEM(ecdh.P256()), p.Reset.Recipient, account.PassText(p.Keeper, p.Reset.ID), piece)
}

func (c *leaver) gives(owner *leaver) {
	c.Helper()
	p := c.placeFor(owner)
	if p.Reset == nil {
		c.Fatal("no share is asked for")
	}
	c.ok(c.Escrows.PassShare(c.ctx(), c.actor, p.ID, p.Reset.ID, c.reply(p)))
}

func partsOf(b []byte) (out [][]byte) {
	for len(b) > 0 {
		n := 2 + int(binary.BigEndian.Uint16(b))
		out, b = append(out, b[2:n]), b[n:]
	}
	return out
}

// puts opens what the server gives back, and the key with the shares in it.
func (c *leaver) puts(id habeas.ChallengeID, message []byte, use int) (pkcs8 []byte, chain [][]byte, err error) {
	c.Helper()
	parts, err := c.opens(id, message)
	c.ok(err)
	given := partsOf(parts[2])
	var pieces [][]byte
	for i := 3; i < len(given) && len(pieces) < use; i += 2 {
		keeper := must(habeas.ParseID[habeas.KeeperKind](string(given[i])))(c)
		pieces = append(pieces, must(openFor(c.own, 65, given[i+1], account.PassText(account.Keeper{ID: keeper}, id)))(c))
	}
	secret := must(shamir.Combine(pieces))(c)
	set := must(habeas.ParseID[habeas.KeeperSetKind](string(given[0])))(c)
	block := must(cipher.NewGCM(must(aes.NewCipher(secret))(c)))(c)
	pkcs8, err = block.Open(nil, parts[1][:12], parts[1][12:], account.SplitText(set, c.actor.Account, c.cert.Serial, int(given[2][0])))
	return pkcs8, parts[3:], err
}

// A key is kept with key keepers only after its person has agreed to that; enough of them give back
// the same key with the same certificate after a mailed code and the wait, and fewer do not.
// Proves REC-01, REC-03 and REC-04.
func TestKeyKeepersGiveTheKeyBack(t *testing.T) {
	w := newWorld(t)
	ana, ben, eva, tim := w.client("ana@example.com"), w.client("ben@example.com"), w.client("eva@example.com"), w.client("tim@example.com")
	if s := must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w); s.Kept || len(s.Made)+len(s.Asked) > 0 {
		t.Errorf("at first: %+v", s)
	}
	ana.leave() // another way before, whose place this takes
	before, _, err := w.DB.Accounts().Escrow(w.ctx(), ana.actor.Account)
	w.ok(err)
	w.mails()
	ana.shared(2, ben, eva, tim)
	if e, _, err := w.DB.Accounts().Escrow(w.ctx(), ana.actor.Account); err != nil || e.Class != account.EscrowSplit || e.ID == before.ID || e.Words != account.EscrowWords {
		t.Errorf("kept: %+v, %v", e, err)
	}
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(before.ID)); habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the key of what was left before: %v", err)
	}
	w.mailTo(ana.mail, mail.KindEscrowKept)

	id := ana.begins()
	sent := w.mails()
	for _, k := range []*leaver{ben, eva, tim} {
		if !slices.ContainsFunc(sent, func(m mail.Message) bool { return m.Kind == mail.KindKeeperNeeded && m.To == k.mail }) {
			t.Errorf("%s is not asked", k.mail)
		}
	}
	ben.gives(ana)
	w.later(24 * time.Hour)
	_, err = w.Escrows.TakeReset(w.ctx(), id)
	w.refused(err, "reset.keepers")
	tim.gives(ana)
	message := must(w.Escrows.TakeReset(w.ctx(), id))(w)
	key, chain, err := ana.puts(id, message, 2)
	if err != nil || !bytes.Equal(key, ana.pkcs8()) || !bytes.Equal(chain[0], ana.cert.DER) {
		t.Errorf("another key or certificate came back: %v", err)
	}
	if _, _, err := ana.puts(id, message, 1); err == nil {
		t.Error("one share opens the key")
	}
	w.mailTo(ana.mail, mail.KindFileReset)
	for event, n := range map[audit.Event]int{audit.KeepersAsked: 1, audit.KeeperAgreed: 3, audit.KeeperPassed: 2, audit.FileReset: 1} {
		if got := w.witnessed(ana.actor.Account, event); got != n {
			t.Errorf("%d of %s are in the ledger, want %d", got, event, n)
		}
	}
	if n := w.witnessed(tim.actor.Account, audit.KeeperPassed); n != 1 {
		t.Errorf("the keeper’s own activity has %d", n)
	}
	if w.onDisk(string(ana.pkcs8()[40:])) {
		t.Error("the private key is on the disk")
	}
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now().Add(8*24*time.Hour)))
	if n := w.number(`SELECT count(*) FROM keeper WHERE reply IS NOT NULL`); n != 0 {
		t.Errorf("%d replies are left of a reset that is over", n)
	}
}

// Before its wait a reset gives nothing, however many shares have come; stopped, withdrawn or over,
// it takes none; and what was withdrawn is destroyed.
// Proves REC-12.
func TestAShareIsForOneResetThatStands(t *testing.T) {
	w := newWorld(t)
	ana, ben, eva := w.client("ana@example.com"), w.client("ben@example.com"), w.client("eva@example.com")
	ana.shared(2, ben, eva)
	ben.refusedWithoutReset(ana)
	first := ana.begins()
	place := ben.placeFor(ana)
	message := ben.reply(place)
	pass := func(as *leaver, id habeas.KeeperID, reset habeas.ChallengeID, message []byte) error {
		return w.Escrows.PassShare(w.ctx(), as.actor, id, reset, message)
	}
	w.refused(pass(ben, place.ID, first, message[:112]), "keeper.fit")
	w.refused(pass(ben, place.ID, first, append(bytes.Clone(message), 0)), "keeper.fit")
	w.refused(pass(eva, place.ID, first, message), "keeper.none") // another keeper's place
	w.refused(pass(ana, place.ID, first, message), "keeper.none")
	w.refused(pass(ben, place.ID, habeas.ChallengeID{1}, message), "reset.none")
	w.ok(pass(ben, place.ID, first, message))
	w.refused(pass(ben, place.ID, first, message), "keeper.none") // once
	eva.gives(ana)
	_, err := w.Escrows.TakeReset(w.ctx(), first)
	w.refused(err, "reset.none") // the wait

	// Of another reset nothing counts that was given for the first one.
	second := ana.begins()
	w.refused(pass(ben, place.ID, first, message), "reset.none")
	w.later(25 * time.Hour)
	_, err = w.Escrows.TakeReset(w.ctx(), second)
	w.refused(err, "reset.keepers")
	w.ok(pass(ben, place.ID, second, message)) // replayed: the server cannot tell, the browser can
	eva.gives(ana)
	parts, err := ana.opens(second, must(w.Escrows.TakeReset(w.ctx(), second))(w))
	w.ok(err)
	given := partsOf(parts[2])
	if _, err := openFor(ana.own, 65, given[4], account.PassText(account.Keeper{ID: place.ID}, second)); err == nil {
		t.Error("a share for another reset opens")
	}

	w.ok(w.Escrows.StopReset(w.ctx(), ana.actor))
	w.refused(pass(ben, place.ID, second, message), "reset.none")
	w.later(time.Hour)
	third := ana.begins()
	w.later(9 * 24 * time.Hour)
	w.refused(pass(ben, place.ID, third, message), "reset.none") // over
	fourth := ana.begins()
	kept, _, err := w.DB.Accounts().Escrow(w.ctx(), ana.actor.Account)
	w.ok(err)
	w.ok(w.Escrows.WithdrawEscrow(w.ctx(), ana.actor))
	w.refused(pass(ben, place.ID, fourth, message), "keeper.none")
	if n := w.number(`SELECT count(*) FROM keeper`) + w.number(`SELECT count(*) FROM escrow`); n != 0 {
		t.Errorf("%d shares and keys outlive the withdrawal", n)
	}
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(kept.ID)); habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the key of what was left: %v", err)
	}
}

// refusedWithoutReset is a keeper who would give a share although nobody asks.
func (c *leaver) refusedWithoutReset(owner *leaver) {
	c.Helper()
	p := c.placeFor(owner)
	if p.Reset != nil {
		c.Error("a share is asked for")
	}
	c.refused(c.Escrows.PassShare(c.ctx(), c.actor, p.ID, habeas.ChallengeID{}, make([]byte, 65+33+16)), "reset.none")
}

// What a keeper's page sends is signed by the key of their certificate for one place, or refused.
func TestAKeeperAgreesForOnePlace(t *testing.T) {
	w := newWorld(t)
	ana, ben, eva := w.client("ana@example.com"), w.client("ben@example.com"), w.client("eva@example.com")
	ana.askAll(2, ben, eva)
	k := ben.placeFor(ana).Keeper
	good := ben.agreement(k)
	change := func(f func(a *account.Agreement)) account.Agreement {
		a := good
		a.Point, a.Signature = bytes.Clone(a.Point), bytes.Clone(a.Signature)
		f(&a)
		return a
	}
	other := k
	other.Set = habeas.KeeperSetID{1}
	for name, x := range map[string]struct {
		as   *leaver
		id   habeas.KeeperID
		a    account.Agreement
		code string
	}{
		"another's place":           {eva, k.ID, eva.agreement(k), "keeper.none"},
		"of who asked":              {ana, k.ID, ana.agreement(k), "keeper.none"},
		"no place":                  {ben, habeas.KeeperID{1}, good, "keeper.none"},
		"another certificate":       {ben, k.ID, change(func(a *account.Agreement) { a.Serial = eva.cert.Serial }), "keeper.fit"},
		"another public key":        {ben, k.ID, change(func(a *account.Agreement) { a.Point[3] ^= 1 }), "keeper.fit"},
		"a key of another curve":    {ben, k.ID, change(func(a *account.Agreement) { a.Point = make([]byte, 65) }), "keeper.fit"},
		"another's signature":       {ben, k.ID, change(func(a *account.Agreement) { a.Signature = eva.agreement(k).Signature }), "keeper.fit"},
		"no signature":              {ben, k.ID, change(func(a *account.Agreement) { a.Signature = nil }), "keeper.fit"},
		"a signature for other set": {ben, k.ID, ben.agreement(other), "keeper.fit"},
	} {
		t.Log(name)
		w.refused(w.Escrows.Agree(w.ctx(), x.as.actor, x.id, x.a), x.code)
	}
	w.ok(w.Escrows.Agree(w.ctx(), ben.actor, k.ID, good))
	w.refused(w.Escrows.Agree(w.ctx(), ben.actor, k.ID, good), "keeper.none")
	w.mailTo(ana.mail, mail.KindKeeperAnswered)
	if s := must(w.Escrows.Keeping(w.ctx(), eva.actor))(w); len(s.Places) != 1 || s.Places[0].Owner != "Tim Tester" || s.Places[0].Address != ana.mail {
		t.Errorf("who asks: %+v", s.Places)
	}
	w.ok(w.Escrows.LeaveKeeping(w.ctx(), eva.actor, eva.placeFor(ana).ID)) // declines
	w.refused(w.Escrows.LeaveKeeping(w.ctx(), eva.actor, k.ID), "keeper.none")
	if s := must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w); len(s.Ready) > 0 || s.Asked[1].State != account.KeeperDeclined || !s.Asked[1].Account.IsZero() {
		t.Errorf("after one declined: %+v", s.Asked)
	}

	// Who has no registration is asked, and cannot agree before there is one; after a month nobody can.
	lia := &leaver{world: w, mail: "lia@example.com", actor: w.join("lia@example.com")}
	ana.askAll(2, ben, lia)
	k = lia.placeFor(ana).Keeper
	w.refused(w.Escrows.Agree(w.ctx(), lia.actor, k.ID, good), "registration.none")
	w.later(account.KeepAsked)
	if len(must(w.Escrows.Keeping(w.ctx(), lia.actor))(w).Places) > 0 {
		t.Error("somebody is asked for ever")
	}
	k = ben.placeFor(ana).Keeper
	w.refused(w.Escrows.Agree(w.ctx(), ben.actor, k.ID, good), "keeper.none")
}

// A set is made of those who agreed, all of them and with certificates that count, or not at all.
func TestASetOfKeepersIsWholeOrNotMade(t *testing.T) {
	w := newWorld(t)
	ana, ben, eva, tim := w.client("ana@example.com"), w.client("ben@example.com"), w.client("eva@example.com"), w.client("tim@example.com")
	for _, n := range []int{0, 1, 3} {
		err := w.Escrows.AskKeepers(w.ctx(), ana.actor, []email.Address{w.address(ben.mail), w.address(eva.mail)}, n)
		w.refused(err, "keeper.need")
	}
	w.refused(w.Escrows.AskKeepers(w.ctx(), ana.actor, []email.Address{w.address(ben.mail)}, 2), "keeper.number")
	w.refused(w.Escrows.AskKeepers(w.ctx(), ana.actor, []email.Address{w.address(ben.mail), w.address("BEN@example.com")}, 2), "keeper.number")
	w.refused(w.Escrows.AskKeepers(w.ctx(), ana.actor, []email.Address{w.address(ben.mail), w.address(ana.mail)}, 2), "keeper.self")
	ana.askAll(2, ben, eva, tim)
	ben.agreesFor(ana)
	eva.agreesFor(ana)
	if len(must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w).Ready) > 0 {
		t.Error("the set can be made before all have answered")
	}
	tim.agreesFor(ana)
	good := ana.split()
	change := func(f func(d *account.Deposit)) account.Deposit {
		d := good
		d.Shares = slices.Clone(d.Shares)
		f(&d)
		d.Signature = ana.sign(ana.key, account.ConsentText(d.Words, d.Digest()))
		return d
	}
	for name, x := range map[string]struct {
		as   *leaver
		d    account.Deposit
		code string
	}{
		"of another": {ben, good, "escrow.deposit"},
		"unsigned shares": {ana, func() account.Deposit {
			d := change(func(*account.Deposit) {})
			d.Shares[0], d.Shares[1] = d.Shares[1], d.Shares[0]
			return d
		}(), "escrow.deposit"},
		"too few shares":       {ana, change(func(d *account.Deposit) { d.Shares = d.Shares[:2] }), "keeper.changed"},
		"no shares":            {ana, change(func(d *account.Deposit) { d.Shares = nil }), "escrow.deposit"},
		"twice the same":       {ana, change(func(d *account.Deposit) { d.Shares[1] = d.Shares[0] }), "keeper.changed"},
		"of an unknown keeper": {ana, change(func(d *account.Deposit) { d.Shares[1].Keeper = habeas.KeeperID{1} }), "keeper.changed"},
		"another class":        {ana, change(func(d *account.Deposit) { d.Class = account.EscrowOpen }), "escrow.deposit"},
	} {
		t.Log(name)
		w.refused(w.Escrows.KeepEscrow(w.ctx(), x.as.actor, x.d), x.code)
	}
	w.ok(w.Certificates.Revoke(w.ctx(), tim.actor, pki.Identity, tim.cert.Serial, pki.Superseded))
	if len(must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w).Ready) > 0 {
		t.Error("the set can be made with a revoked certificate")
	}
	w.refused(w.Escrows.KeepEscrow(w.ctx(), ana.actor, good), "keeper.changed")
	if n := w.number(`SELECT count(*) FROM escrow`); n != 0 {
		t.Errorf("%d keys are kept", n)
	}
	w.ok(w.Escrows.DropKeepers(w.ctx(), ana.actor))
	w.ok(w.Escrows.DropKeepers(w.ctx(), ana.actor))
	if n := w.number(`SELECT count(*) FROM keeper`); n != 0 {
		t.Errorf("%d places are left", n)
	}
}

// Whoever keeps a share no more is no help, and who relies on them hears of it.
func TestALostKeeperIsToldOf(t *testing.T) {
	w := newWorld(t)
	w.ok(os.Chmod(w.dir, 0o700))
	for how, lose := range map[string]func(c *leaver, p accountpages.Place){
		"resigned": func(c *leaver, p accountpages.Place) { w.ok(w.Escrows.LeaveKeeping(w.ctx(), c.actor, p.ID)) },
		"revoked": func(c *leaver, _ accountpages.Place) {
			w.ok(w.Certificates.Revoke(w.ctx(), c.actor, pki.Identity, c.cert.Serial, pki.KeyCompromise))
		},
		"erased": func(c *leaver, _ accountpages.Place) { must(w.Records.EraseMe(w.ctx(), c.actor))(w) },
	} {
		t.Run(how, func(t *testing.T) {
			w.later(time.Hour)
			ana, ben, eva := w.client(how+".ana@example.com"), w.client(how+".ben@example.com"), w.client(how+".eva@example.com")
			ana.shared(2, ben, eva)
			id := ana.begins()
			place := eva.placeFor(ana)
			message := eva.reply(place)
			ben.gives(ana)
			eva.gives(ana)
			w.mails()
			lose(eva, place)
			w.ok(w.Escrows.MissKeepers(w.ctx()))
			w.ok(w.Escrows.MissKeepers(w.ctx())) // once
			w.mailTo(ana.mail, mail.KindKeeperLost)
			w.refused(w.Escrows.PassShare(w.ctx(), eva.actor, place.ID, id, message), "keeper.none")
			made := must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w).Made
			if len(made) != 2 || account.Counting(made) != 1 || !made[1].Account.IsZero() || made[1].Share != nil {
				t.Errorf("who is left: %+v", made)
			}
			if (made[1].Name == "") != (how == "erased") {
				t.Errorf("the address of who is gone: %q", made[1].Name)
			}
			w.later(24 * time.Hour)
			_, err := w.Escrows.TakeReset(w.ctx(), id)
			w.refused(err, "reset.keepers")
		})
	}
	for _, f := range must(w.Examine(w.ctx(), 1, false))(w).Findings {
		if f.Severity != backup.Good && !strings.HasPrefix(f.Code, "disk.") && f.Code != "backup.none" { // days have passed
			t.Errorf("doctor: %+v", f)
		}
	}
}

// Asking tells nobody whether somebody has an account, floods nobody, and goes with who asked.
func TestAskingForKeepersTellsNothing(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.client("ana@example.com"), w.client("Ben@example.com")
	w.mails()
	ask := func() error {
		return w.Escrows.AskKeepers(w.ctx(), ana.actor, []email.Address{w.address("ben@example.com"), w.address("nobody@example.com")}, 2)
	}
	w.ok(ask())
	texts := map[string]string{}
	for _, m := range w.mails() {
		texts[strings.ToLower(m.To)] = m.Text
		if strings.Contains(m.Text+m.Subject, "Tim") || strings.Contains(m.Text, "ana@") {
			t.Error("the mail names who asks")
		}
	}
	if len(texts) != 2 || texts["ben@example.com"] != texts["nobody@example.com"] {
		t.Errorf("the mails differ: %v", texts)
	}
	set := must(w.Escrows.KeepersOf(w.ctx(), ana.actor))(w).Asked
	if set[0].Name != "ben@example.com" || set[0].State != set[1].State {
		t.Errorf("who asked sees %+v", set)
	}
	held := string(must(w.Records.Inspect(w.ctx(), ana.actor))(w).JSON)
	if strings.Contains(held, "Ben@example.com") {
		t.Error("the inspection tells how an account writes its address")
	}
	for range account.KeeperAsks - 1 {
		w.ok(ask())
	}
	w.refused(ask(), "keeper.asks")
	if n := w.number(`SELECT count(*) FROM keeper`); n != 2 {
		t.Errorf("%d places: an asking does not take the place of the one before", n)
	}
	w.later(account.KeeperAskWindow)
	w.ok(ask())
	ben.agreesFor(ana)
	if held := string(must(w.Records.Inspect(w.ctx(), ben.actor))(w).JSON); !strings.Contains(held, `"keeper"`) {
		t.Error("the inspection of a keeper does not have their place")
	}
	must(w.Records.EraseMe(w.ctx(), ana.actor))(w)
	if n := w.number(`SELECT count(*) FROM keeper`); n != 0 {
		t.Errorf("%d places outlive who asked", n)
	}
	w.refused(w.Escrows.AskKeepers(w.ctx(), w.join("new@example.com"), []email.Address{w.address("a@example.com"), w.address("b@example.com")}, 2), "registration.none")
}
