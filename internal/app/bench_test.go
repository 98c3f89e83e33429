package app

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// Every flow that is measured is answered as expected, for known and unknown addresses.
func TestEachFlowCanBeMeasured(t *testing.T) {
	b, err := OpenBench(t.Context(), BenchOptions{RecordsDSN: pgtest.DSN(t), KeysDSN: pgtest.DSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	flows, err := b.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Timing(t.Context(), flows, bench.Rounds{N: 6, WarmUp: 2, Block: 3, Limit: 20 * time.Millisecond, Seed: 1}, nil)
	if err != nil || len(got.Flows) != len(flows) || got.Limit != 20*time.Millisecond {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, f := range got.Flows {
		if f.A.N != 6 || f.B.N != 6 {
			t.Errorf("%s: %+v", f.Flow, f)
		}
		if f.Flow == controlLate && f.A.Median < 20*time.Millisecond {
			t.Errorf("the late control takes %s", f.A.Median)
		}
	}
	if _, err := b.Choose([]string{"guessing"}); codeOfError(err) != "bench.flow" {
		t.Errorf("an unknown flow: %v", err)
	}
	l, err := b.Press(t.Context(), 20, 4, 100*time.Millisecond)
	if err != nil || l.Requests == 0 {
		t.Errorf("pressing: %+v, %v", l, err)
	}
	if n, _, _, err := b.server.DB.Records().Count(t.Context()); err != nil || n < 20 {
		t.Errorf("%d parties, %v", n, err)
	}
}

// Every part of the certificate authority is measured by answers that it really gave.
func TestTheCertificateAuthorityCanBeMeasured(t *testing.T) {
	b, err := OpenBench(t.Context(), BenchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := b.PKI(t.Context(), PKIOptions{People: 20, Callers: 4, For: 10 * time.Second, Repeating: 50 * time.Millisecond})
	if err != nil || r.Issue.Requests != 20 || r.OCSPSigned.Requests != 20 || r.OCSPKept.Requests == 0 || r.Handshakes.Requests == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// The controls decide whether anything can be said, and the worst flow what.
func TestTheVerdictIsOfTheControlsFirst(t *testing.T) {
	said := func(name string, found bool, v bench.Verdict) Timed {
		c := bench.Comparison{Verdict: v, P: 1}
		if found {
			c.T, c.P = 2*bench.Threshold, 0
		}
		return Timed{Flow: name, Comparison: c}
	}
	same, late := said(controlSame, false, bench.Undecided), said(controlLate, true, bench.Different)
	for name, c := range map[string]struct {
		flows []Timed
		want  bench.Verdict
	}{
		"all alike":            {[]Timed{said("join", false, bench.Alike), said("claim", false, bench.Alike), same, late}, bench.Alike},
		"one small":            {[]Timed{said("join", true, bench.Small), said("claim", false, bench.Alike), same, late}, bench.Small},
		"one undecided":        {[]Timed{said("join", true, bench.Small), said("claim", false, bench.Undecided), same, late}, bench.Undecided},
		"one different":        {[]Timed{said("join", true, bench.Different), said("claim", false, bench.Undecided), same, late}, bench.Different},
		"a ghost":              {[]Timed{said("join", false, bench.Alike), said(controlSame, true, bench.Small), late}, Void},
		"a delay not found":    {[]Timed{said("join", false, bench.Alike), same, said(controlLate, false, bench.Undecided)}, Void},
		"no controls measured": {[]Timed{said("join", false, bench.Alike)}, bench.Alike},
	} {
		r := TimingReport{Flows: c.flows}
		if r.conclude(); r.Verdict != c.want || (r.Void != "") != (c.want == Void) {
			t.Errorf("%s: %q (%s)", name, r.Verdict, r.Void)
		}
	}
}

func TestBothStoresStandOnOneEngine(t *testing.T) {
	if _, err := OpenBench(t.Context(), BenchOptions{RecordsDSN: "postgres://nowhere"}); codeOfError(err) != "bench.stores" {
		t.Errorf("records without keys: %v", err)
	}
}
