module github.com/habeas-data/habeas/bench/pki

go 1.26.0

replace github.com/habeas-data/habeas => ../../

require (
	github.com/cloudflare/cfssl v1.6.5
	github.com/go-jose/go-jose/v4 v4.1.4
	github.com/habeas-data/habeas v0.0.0-00010101000000-000000000000
	golang.org/x/crypto v0.58.0
)

require (
	github.com/google/certificate-transparency-go v1.1.7 // indirect
	github.com/jmhodges/clock v1.2.0 // indirect
	github.com/jmoiron/sqlx v1.3.5 // indirect
	github.com/kisielk/sqlstruct v0.0.0-20201105191214-5f3e10d3ab46 // indirect
)
