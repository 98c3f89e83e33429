package edge

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
)

// uploadTime is how long a file may take to arrive.
const uploadTime = 15 * time.Minute

// maxUploadField is how long a field beside a file may be, in bytes.
const maxUploadField = 4 << 10

// Upload is a form with one file, read as it arrives: it is kept nowhere by this package.
type Upload struct {
	*Form
	Name string    // of the file, as the browser says; may be empty
	File io.Reader // at most the bytes asked for, then an error of kind TooLarge; nil: no file was sent
}

// DecodeUpload reads the body of r as multipart/form-data up to its file, which has to be
// the last field, named file. The caller reads the file before it answers.
func DecodeUpload(w http.ResponseWriter, r *http.Request, maxBytes int64) (*Upload, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, WithStatus(habeas.Invalid("", "The body must be sent as {type} in UTF-8.").With("type", "multipart/form-data").WithCode("content-type"), http.StatusUnsupportedMediaType)
	}
	// A deadline of its own: what every other request may take is too short for a file on
	// a slow line. Where the connection has none, there is nothing to prolong.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	body := http.MaxBytesReader(w, r.Body, maxBytes+64<<10)
	u := &Upload{Form: &Form{ctx: r.Context(), values: make(map[string][]string), asked: make(map[string]bool)}}
	parts := multipart.NewReader(body, params["boundary"])
	for range maxFormFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return nil, incomplete(err)
		}
		if part.FormName() == "file" {
			u.asked["file"] = true
			u.Name, u.File = part.FileName(), limitedFile{part, r.Context()}
			return u, nil
		}
		if err := u.field(part); err != nil {
			return nil, err
		}
	}
	return nil, &habeas.Error{Kind: habeas.KindTooLarge, Code: "form.fields", Message: "The form has too many fields."}
}

// field reads one that is no file.
func (u *Upload) field(part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, maxUploadField+1))
	if err != nil {
		return incomplete(err)
	}
	name := part.FormName()
	if name == "" || len(name) > maxFieldName || len(text) > maxUploadField {
		return habeas.Invalid("", "The form did not arrive as a browser sends it.").WithCode("form.syntax")
	}
	if !cleanText(name) || !cleanText(string(text)) {
		return habeas.Invalid("", "The form holds characters that cannot be used.").WithCode("form.characters")
	}
	if _, known := u.values[name]; !known {
		u.names = append(u.names, name)
	}
	u.values[name] = append(u.values[name], string(text))
	return nil
}

// limitedFile tells people what went wrong while a file arrived.
type limitedFile struct {
	r   io.Reader
	ctx context.Context //nolint:containedctx // an io.Reader takes none
}

// Read implements io.Reader.
func (l limitedFile) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = incomplete(err)
	}
	return n, err
}

func incomplete(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &habeas.Error{Kind: habeas.KindTooLarge, Code: "body.size", Message: "This is more than can be sent at once."}
	}
	return habeas.Invalid("", "The body did not arrive in full.").WithCode("body.incomplete").WithCause(err)
}
