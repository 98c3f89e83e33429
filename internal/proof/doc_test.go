// Package proof_test proves what only a whole server can show: real files, real
// HTTP, everything wired as in production. It holds no code but tests.
package proof_test
