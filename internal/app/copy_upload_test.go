package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// sendFile uploads a file to a page of this browser's person.
func (b *browser) sendFile(path string, file []byte) page {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := must(form.CreateFormFile("file", "copy.zip"))(b)
	must(part.Write(file))(b)
	b.ok(form.Close())
	return b.send(http.MethodPost, path, nil, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		r.Header.Set("Content-Type", form.FormDataContentType())
	})
}

// Proves PTY-18.
func TestStaffUploadACopyAndSeeFirstWhatItWouldDo(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "clara@example.org", with(person("Clara", "Stein", "1971-09-09"), "profile", "headline", "Piano teacher"))
	clara := w.join("clara@example.org")
	w.accept(clara, id, nil)
	file := must(w.Records.Copy(w.ctx(), clara))(t).ZIP

	other := newWorld(t)
	desk := other.staff("nora@example.org")
	upload := func() (habeas.ImportID, error) {
		return other.Imports.Upload(other.ctx(), desk, "copy.zip", bytes.NewReader(file))
	}
	first := must(upload())(t)
	i := must(other.Imports.Look(other.ctx(), desk, first))(t)
	if i.State != party.ImportChecked || i.Words.Dry.Created != 1 {
		t.Fatalf("before it is let in: %s, %+v", i.State, i.Words.Dry)
	}
	if all, _, _, err := other.DB.Records().Count(other.ctx()); err != nil || all != 0 {
		t.Fatalf("the dry run wrote %d records (%v)", all, err)
	}
	other.ok(other.Imports.Run(other.ctx(), desk, first))
	other.ok(other.Imports.Work(other.ctx()))
	if i = must(other.Imports.Look(other.ctx(), desk, first))(t); i.State != party.ImportDone || i.Tally.Created != 1 || i.Parts != 0 {
		t.Fatalf("after it: %s, %+v", i.State, i.Tally)
	}
	if found, _ := must2of(other.Records.Find(other.ctx(), desk, "clara@example.org", 5))(t); len(found) != 1 || found[0].Text("profile", "headline") != "Piano teacher" {
		t.Errorf("found %d", len(found))
	}
	if _, err := upload(); err == nil {
		t.Error("the same copy twice")
	} else {
		other.refused(err, "copy.twice")
	}
	other.ok(other.Imports.Undo(other.ctx(), desk, first))
	other.ok(other.Imports.Work(other.ctx()))
	if all, _, _, err := other.DB.Records().Count(other.ctx()); err != nil || all != 0 {
		t.Errorf("%d records after the undo (%v)", all, err)
	}
	_, err := other.Imports.Upload(other.ctx(), desk, "copy.zip", bytes.NewReader(file[:len(file)/2]))
	other.refused(err, "copy.none")
}

// Proves PTY-18.
func TestAPersonBringsACopyAndChoosesWhatCounts(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "clara@example.org", with(person("Clara", "Stein", ""), "profile", "headline", "Piano teacher"))
	clara := w.join("clara@example.org")
	w.accept(clara, id, nil)
	file := must(w.Records.Copy(w.ctx(), clara))(t).ZIP

	other := newWorld(t)
	b := other.browser().join("clara@example.org")
	mine := other.offers(other.who(b)) // begins a record of her own
	if len(mine) != 0 {
		t.Fatalf("offered: %d", len(mine))
	}
	own := must(other.Records.Mine(other.ctx(), other.who(b)))(t)[0].Party
	at := "/me/records/" + own.ID.String() + "/bring"
	b.get(at)
	page := b.sendFile(at, file)
	for _, want := range []string{`value="profile.headline" checked`, "Piano teacher", "City Sports"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the preview lacks %q: %d", want, page.status)
		}
	}
	before := other.held(own.ID)
	if before.Text("profile", "headline") != "" {
		t.Fatal("looking has written something")
	}
	b.post(at+"/take", "version", itoa(before.Party.Version), "take", "profile.headline", "profile.headline", "Piano teacher", "profile.about", "not ticked")
	now := other.held(own.ID)
	if now.Text("profile", "headline") != "Piano teacher" || now.Text("profile", "about") != "" {
		t.Errorf("after it: %+v", now.Sets)
	}
	if f, _ := now.Field("profile", "headline"); f.Current.Source.Kind != party.FromSelf {
		t.Errorf("it is the word of %s", f.Current.Source.Kind)
	}
	if !strings.Contains(b.get("/me/records/"+own.ID.String()).text, at+"/undo") {
		t.Error("no undo")
	}
	other.later(0)
	b.post(at+"/undo", "version", itoa(now.Party.Version))
	if got := other.held(own.ID).Text("profile", "headline"); got != "" {
		t.Errorf("after the undo: %q", got)
	}
	if bad := b.sendFile(at, []byte("PK\x03\x04 no archive")); bad.status != http.StatusBadRequest {
		t.Errorf("a broken archive: %d", bad.status)
	}
}
