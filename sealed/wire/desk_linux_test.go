package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/habeas-data/habeas/sealed/wire"
)

// pair is both ends of a connection, the server's behind the package.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := wire.Listen(inner, rules)
	t.Cleanup(func() { l.Close() })
	client, err = net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// Another thread looks at the buffer of who reads, as a crash would, all the time.
// Proves SEAL-A7.
func TestASecretIsNeverInTheBufferOfWhoReads(t *testing.T) {
	client, server := pair(t)
	secret := []byte(strings.Repeat("s3cr3t-", 400))
	request := "GET / HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer " + string(secret) + "\r\n\r\n"
	const times = 2000
	go func() {
		for range times {
			if _, err := io.WriteString(client, request); err != nil {
				t.Error(err)
				return
			}
		}
	}()

	buffer := make([]byte, 4<<10)
	at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(buffer)))) //nolint:gosec // an address
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	var watcher sync.WaitGroup
	over := make(chan struct{})
	watcher.Go(func() {
		for seen := make([]byte, len(buffer)); ; {
			select {
			case <-over:
				return
			default:
			}
			if _, err := mem.ReadAt(seen, at); err != nil || bytes.Contains(seen, secret[:70]) {
				t.Errorf("the buffer shows the secret (%v)", err)
				return
			}
		}
	})
	got := 0
	for got < times*len(request) && err == nil {
		var n int
		n, err = server.Read(buffer)
		got += n
	}
	close(over)
	watcher.Wait()
	if err != nil || got != times*len(request) || !bytes.Contains(buffer, []byte("Bearer ~")) {
		t.Errorf("%d bytes came: %v", got, err)
	}
	runtime.KeepAlive(buffer)
}

// What ends a read of the connection ends one by way of sealed memory alike.
func TestReadsEndLikeThoseOfTheConnection(t *testing.T) {
	client, server := pair(t)
	var b [8]byte
	if n, err := server.Read(nil); n != 0 || err != nil {
		t.Errorf("no room: %d, %v", n, err)
	}
	if err := server.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, err := server.Read(b[:])
	if late, ok := errors.AsType[net.Error](err); !ok || !late.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
	if err := server.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(client, "GET"); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if n, err := io.ReadFull(server, b[:3]); err != nil || string(b[:n]) != "GET" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if _, err := server.Read(b[:]); !errors.Is(err, io.EOF) {
		t.Errorf("the other side has closed: %v", err)
	}
	server.Close()
	if _, err := server.Read(b[:]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
