package proof_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	formats "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/ledger"
)

// claimed is a person with a record of their own, and the record.
func claimed(w *world, desk *system, address string) (*browser, habeas.PartyID) {
	w.Helper()
	id := desk.Behind(desk.Party(map[string]any{"email": address, "fields": map[string]any{"profile": map[string]string{"headline": "Zupfgeigenhansl"}}}))
	b := w.Browser()
	b.Join(address)
	if r := b.Send(http.MethodGet, "/me/offers/"+id.String(), "", ""); r.Status != http.StatusOK {
		w.Fatalf("offer: %d", r.Status)
	}
	p, err := w.DB.Records().Party(w.Context(), id)
	w.Must(err)
	b.Done("/me/offers/"+id.String()+"/accept", "version", strconv.FormatInt(p.Version, 10))
	return b, id
}

// receipts downloads the receipt of every line of a subject, as its person would.
func receipts(b *browser, subject habeas.SubjectID) map[int64]string {
	b.W.Helper()
	b.W.Must(b.W.Ledger.Publish(b.W.Context()))
	events, err := b.W.DB.Events(b.W.Context(), subject, habeas.EventID{}, 1000)
	b.W.Must(err)
	out := map[int64]string{}
	for _, e := range events {
		r := b.Send(http.MethodGet, "/me/activity/"+e.ID.String()+"/receipt", "", "")
		if r.Status != http.StatusOK {
			b.W.Fatalf("receipt of leaf %d: %d %s", e.Index, r.Status, r.Body)
		}
		out[e.Index] = r.Body
	}
	return out
}

// stranger is a client of transparency logs by other people: their checkpoint, their
// proofs, their hashes. It knows the log's origin and key and nothing else of ours.
type stranger struct {
	origin string
	key    note.Verifier
}

func newStranger(t *testing.T, vkey string) stranger {
	t.Helper()
	key, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		t.Fatal(err)
	}
	return stranger{key.Name(), key}
}

func (s stranger) checkpoint(text string) (*formats.Checkpoint, error) {
	c, _, _, err := formats.ParseCheckpoint([]byte(text), s.origin, s.key)
	return c, err
}

// receipt verifies a C2SP tlog-proof read line by line from its specification, and
// returns the leaf and the checkpoint.
func (s stranger) receipt(text string) (leaf []byte, c *formats.Checkpoint, err error) {
	head, signed, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, nil, fmt.Errorf("not a tlog-proof: %q", lines[0])
	}
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return nil, nil, err
	}
	var opening struct {
		Leaf string `json:"leaf"`
	}
	if err := json.Unmarshal(extra, &opening); err != nil {
		return nil, nil, err
	}
	index, err := strconv.ParseUint(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return nil, nil, err
	}
	var path [][]byte
	for _, line := range lines[3:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, nil, err
		}
		path = append(path, h)
	}
	if c, err = s.checkpoint(signed); err != nil {
		return nil, nil, err
	}
	leaf = []byte(opening.Leaf)
	return leaf, c, proof.VerifyInclusion(rfc6962.DefaultHasher, index, c.Size, rfc6962.DefaultHasher.HashLeaf(leaf), path, c.Hash)
}

// Proves AUD-9.
func TestAReceiptAndALaterCheckpointVerifyOffline(t *testing.T) {
	w := newWorld(t)
	desk := w.Connect("Booking desk")
	person, id := claimed(w, desk, "tim@example.org")
	receipts := receipts(person, habeas.SubjectOf(id))
	if len(receipts) < 3 {
		t.Fatalf("only %d receipts", len(receipts))
	}
	for n := range 600 { // the tree grows by more than two tiles
		if n%100 == 0 {
			w.Must(w.Ledger.Publish(t.Context()))
		}
		w.Must(sayNth(w, desk, n))
	}
	w.Must(w.Ledger.Publish(t.Context()))
	published := desk.Send(http.MethodGet, "/ledger/checkpoint", "", "")
	vkey := desk.Send(http.MethodGet, "/ledger/key", "", "")
	client := newStranger(t, vkey.Body)
	newest, err := client.checkpoint(published.Body)
	w.Must(err)

	elsewhere := t.TempDir() // a receipt needs no data directory
	for index, text := range receipts {
		checked, err := app.CheckReceipt([]byte(text), strings.TrimSpace(vkey.Body), elsewhere)
		if err != nil || checked.Index != index || len(checked.Detail) == 0 {
			t.Errorf("leaf %d: %+v, %v", index, checked, err)
		}
		leaf, older, err := client.receipt(text)
		if err != nil {
			t.Errorf("leaf %d does not verify elsewhere: %v", index, err)
			continue
		}
		if older.Size >= newest.Size {
			t.Fatalf("the newest checkpoint has %d leaves, the one before %d", newest.Size, older.Size)
		}
		grown, err := ledger.Consistency(t.Context(), w.DB, int64(older.Size), int64(newest.Size))
		w.Must(err)
		var path [][]byte
		for _, h := range grown {
			path = append(path, slices.Clone(h[:]))
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, older.Size, newest.Size, path, older.Hash, newest.Hash); err != nil {
			t.Errorf("the newest checkpoint does not extend the one of the receipt: %v", err)
		}
		flipped := strings.Replace(text, string(leaf[:10]), string(leaf[:9])+"x", 1)
		if _, err := app.CheckReceipt([]byte(flipped), vkey.Body, elsewhere); err == nil && flipped != text {
			t.Error("a changed leaf was accepted")
		}
	}
}

// Proves AUD-9.
func TestOneChangedCharacterOfAReceiptIsRefused(t *testing.T) {
	w := newWorld(t)
	person, id := claimed(w, w.Connect("Booking desk"), "tim@example.org")
	for _, text := range receipts(person, habeas.SubjectOf(id)) {
		for i := range len(text) {
			changed := []byte(text)
			changed[i] ^= 1
			if _, err := app.CheckReceipt(changed, w.Ledger.VerifierKey(), ""); err == nil {
				t.Errorf("character %d (%q) may be changed", i, text[i])
			}
		}
	}
}

// Proves AUD-10.
func TestALeafNamesNobody(t *testing.T) {
	w := newWorld(t)
	desk := w.Connect("Booking desk")
	one := desk.Behind(desk.Party(map[string]any{"email": "one@example.org"}))
	two := desk.Behind(desk.Party(map[string]any{"email": "two@example.org"}))
	var leaves []string
	for _, id := range []habeas.PartyID{one, two} {
		events, err := w.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 10)
		w.Must(err)
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		e := events[0]
		leaves = append(leaves, string(e.Leaf))
		s := newSearcher()
		for name, v := range map[string][]byte{"party": id[:], "event": e.ID[:], "system": desk.ID[:], "system's secret": []byte(desk.Secret)} {
			s.binary(name, v)
			s.text(name, fmt.Sprint(habeas.SubjectID(v[:16])))
		}
		for name, v := range guessable(e) {
			s.binary(name, v)
			s.binary(name, v[:16])
		}
		if found := s.find(e.Leaf); len(found) > 0 {
			t.Errorf("%s holds %v", e.Leaf, found)
		}
		public, err := audit.ParseLeaf(e.Leaf)
		w.Must(err)
		if public.Hour.Minute() != 0 || public.Hour.Second() != 0 {
			t.Errorf("the time is finer than an hour: %s", e.Leaf)
		}
	}
	cut := strings.LastIndex(leaves[0], " ")
	if leaves[0][:cut] != leaves[1][:cut] || leaves[0][cut:] == leaves[1][cut:] {
		t.Errorf("the same event of two people should differ in nothing but noise:\n%s\n%s", leaves[0], leaves[1])
	}
}

// guessable are the values that somebody without a key could compute to recognise
// a leaf: hashes of the detail and of identifiers, plain or keyed with what is public.
func guessable(e audit.Witnessed) map[string][]byte {
	out := map[string][]byte{}
	texts := map[string][]byte{"detail": e.Text, "event": e.ID[:], "subject": e.Subject[:], "subject's text": []byte(e.Subject.String())}
	for name, text := range texts {
		a, b, c, d := sha256.Sum256(text), sha1.Sum(text), md5.Sum(text), sha512.Sum512(text)
		out["SHA-256 of "+name], out["SHA-1 of "+name], out["MD5 of "+name], out["SHA-512 of "+name] = a[:], b[:], c[:], d[:]
		for keyName, key := range texts {
			mac := hmac.New(sha256.New, key)
			mac.Write(text)
			out["HMAC of "+name+" under "+keyName] = mac.Sum(nil)
		}
		mac := hmac.New(sha256.New, nil)
		mac.Write(text)
		out["HMAC of "+name+" without a key"] = mac.Sum(nil)
	}
	return out
}

// Proves AUD-10.
func TestDestroyingEitherKeyMakesALineNoise(t *testing.T) {
	for name, destroy := range map[string]func(w *world, e audit.Witnessed) error{
		"of the subject": func(w *world, e audit.Witnessed) error { return w.Keys.Destroy(w.Context(), e.Subject) },
		"of the month":   func(w *world, e audit.Witnessed) error { return w.Keys.DestroyMonth(w.Context(), e.At) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			desk := w.Connect("Booking desk")
			person, id := claimed(w, desk, "tim@example.org")
			receipts := receipts(person, habeas.SubjectOf(id))
			events, err := w.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 10)
			w.Must(err)
			e := events[len(events)-1]
			w.Must(destroy(w, e))

			left, err := w.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 10)
			if err == nil && len(left) > 0 {
				t.Errorf("%d details still open", len(left))
			}
			if err != nil && habeas.KindOf(err) != habeas.KindGone {
				t.Errorf("reading the details: %v", err)
			}
			if r := person.Send(http.MethodGet, "/me/activity/"+e.ID.String()+"/receipt", "", ""); r.Status == http.StatusOK || r.Status >= 500 {
				t.Errorf("a receipt was asked for: %d", r.Status)
			}
			client := newStranger(t, w.Ledger.VerifierKey())
			if leaf, _, err := client.receipt(receipts[e.Index]); err != nil || string(leaf) != string(e.Leaf) {
				t.Errorf("the leaf does not verify any more: %v", err)
			}
			dir := w.Dir
			w.Close()
			if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount != 0 {
				t.Errorf("%+v, %v", v, err)
			}
			l := lying{dir: dir}
			if opens(l.everyKey(t), "event/"+string(e.ID[:]), cell(t, l.records(t), selectDetail, e.ID[:])) {
				t.Error("the keys that are left open the detail")
			}
		})
	}
}
