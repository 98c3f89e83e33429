// Package prometheus has the outside of the real one.
package prometheus

type CounterVec struct{}

func (*CounterVec) WithLabelValues(values ...string) *CounterVec { return nil }
func (*CounterVec) Inc()                                         {}
