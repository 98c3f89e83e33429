// Package reconcile answers the Reconciliation Service API of the W3C Entity Reconciliation
// Community Group, by which programs such as OpenRefine find out which entity a name in a table
// means. Versions 0.1, 0.2 and 1.0-draft live on one base path.
//
// There is one inner model: a query of any version is read into a [query], which can say what
// all of them say, and one engine answers it. Each version is a way of reading (read.go) and of
// writing (render.go, manifest.go) and nothing else. Which one a request is of is decided by
// what it sends (version.go; ADR 0055).
//
// Everybody may ask, so everything is answered as to the public (ENT-43): nothing here knows a
// person. Pages of every website may read the answers; see [edge.Guard].
//
// Sources: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/,
// https://reconciliation-api.github.io/specs/, requirements ENT-33, ENT-43 and ENT-44.
package reconcile
