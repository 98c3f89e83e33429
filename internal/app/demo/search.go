package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	webdemo "github.com/habeas-data/habeas/internal/web/demo"
)

// timsValues are what is known of Tim, long enough that chance does not write them.
func (d *Demo) timsValues() []webdemo.Trace {
	p := &d.world.People[demo.Tim]
	local, _, _ := strings.Cut(p.Email, "@")
	street := p.Address.Street
	if _, name, ok := strings.Cut(street, " "); ok {
		street = name
	}
	return []webdemo.Trace{
		{What: lang.Mark("Family name"), Value: p.Family},
		{What: lang.Mark("Whole name"), Value: p.Name()},
		{What: lang.Mark("E-mail address"), Value: p.Email},
		{What: lang.Mark("E-mail before the @"), Value: local},
		{What: lang.Mark("Phone number"), Value: p.E164()},
		{What: lang.Mark("Street"), Value: street},
		{What: lang.Mark("Postcode"), Value: p.Address.Postcode},
		{What: lang.Mark("Date of birth"), Value: p.Birth},
		{What: lang.Mark("Date of birth, as City Bookings had it"), Value: "1986" + p.Birth[4:]},
		{What: lang.Mark("Membership number"), Value: p.Membership.Number},
	}
}

// Search implements web/demo.Demo.
func (d *Demo) Search(ctx context.Context) (webdemo.Search, error) {
	s := webdemo.Search{
		At: d.clock.Now(), Values: d.timsValues(),
		Known: webdemo.Trace{What: lang.Mark("Name of a connected system"), Value: demo.CityBookings},
	}
	n := newNeedles()
	for i := range s.Values {
		n.add(&s.Values[i].Found, s.Values[i].Value)
	}
	n.add(&s.Known.Found, s.Known.Value)
	if err := n.searchDir(ctx, d.o.Dir, &s); err != nil {
		return s, err
	}
	var err error
	if s.Opened, err = d.readable(ctx); err != nil {
		return s, err
	}
	s.Gone = s.Opened == 0
	address, err := email.Parse(d.world.People[demo.Tim].Email)
	if err != nil {
		return s, err
	}
	if _, s.SignIn, err = d.DB.Accounts().AddressAt(ctx, d.Backstage().AddressHash(address)); err != nil {
		return s, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.Gone {
		s.Before = d.before
	} else {
		before := s
		d.before = &before
	}
	return s, nil
}

// readable counts the statements about Tim that the server can open with its keys,
// in every record that knows him by his address. What his account's fresh record
// says of that address alone does not count.
func (d *Demo) readable(ctx context.Context) (int, error) {
	count := make(map[habeas.PartyID]int)
	his := make(map[habeas.PartyID]bool)
	err := d.DB.Records().Each(ctx, func(p party.Party, said party.Statement) {
		count[p.ID]++
		own := said.Source.Kind == party.FromSelf
		his[p.ID] = his[p.ID] || !own && strings.EqualFold(said.Values.Get("contact", "email"), d.world.People[demo.Tim].Email)
	})
	n := 0
	for id := range his {
		if his[id] {
			n += count[id]
		}
	}
	return n, err
}

// needles are byte strings that are looked for in one pass, by their first two bytes.
type needles struct {
	first [1 << 16][]needle
	most  int // length of the longest
}

type needle struct {
	text  []byte
	count *int
}

func newNeedles() *needles { return &needles{} }

// add looks for a value in every encoding that storage could have given it: as it
// is, in capitals and small letters, in hex, in base64 at each of the three places
// that it can stand in, and in UTF-16 of both byte orders.
func (n *needles) add(count *int, value string) {
	forms := map[string]bool{value: true, strings.ToLower(value): true, strings.ToUpper(value): true}
	for _, v := range []string{value, strings.ToLower(value)} {
		forms[hex.EncodeToString([]byte(v))] = true
		forms[strings.ToUpper(hex.EncodeToString([]byte(v)))] = true
		for shift := range 3 {
			// The characters that depend on neighbours are left out at both ends.
			std := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), v...))
			from, to := (shift*8+5)/6, (shift+len(v))*8/6
			forms[std[from:to]] = true
			forms[strings.NewReplacer("+", "-", "/", "_").Replace(std[from:to])] = true
		}
		little, big := make([]byte, 0, 2*len(v)), make([]byte, 0, 2*len(v))
		for _, u := range utf16.Encode([]rune(v)) {
			little = binary.LittleEndian.AppendUint16(little, u)
			big = binary.BigEndian.AppendUint16(big, u)
		}
		forms[string(little)], forms[string(big)] = true, true
	}
	for form := range forms {
		at := binary.BigEndian.Uint16([]byte(form))
		n.first[at] = append(n.first[at], needle{[]byte(form), count})
		n.most = max(n.most, len(form))
	}
}

// searchDir reads every file below dir.
func (n *needles) searchDir(ctx context.Context, dir string, s *webdemo.Search) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server works on: files come and go
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		read, err := n.search(f)
		s.Files++
		s.Bytes += read
		return errors.Join(err, f.Close())
	})
}

// search counts the needles in r and returns how many bytes it read.
func (n *needles) search(r io.Reader) (read int64, err error) {
	buf := make([]byte, 0, 1<<20+n.most)
	for {
		m, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+m]
		read += int64(m)
		last := err != nil
		end := len(buf) - n.most // a needle that begins later may go on in the next piece
		if last {
			end = len(buf) - 1
		}
		n.count(buf, max(end, 0))
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return read, nil
		}
		if err != nil {
			return read, err
		}
		buf = buf[:copy(buf, buf[end:])]
	}
}

// count counts the needles that begin before end.
func (n *needles) count(buf []byte, end int) {
	for i := range min(end, len(buf)-1) {
		for _, needle := range n.first[binary.BigEndian.Uint16(buf[i:])] {
			if bytes.HasPrefix(buf[i:], needle.text) {
				*needle.count++
			}
		}
	}
}
