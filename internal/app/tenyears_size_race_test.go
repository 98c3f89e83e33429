//go:build race

package app_test

// tenYearsPeople are few under the race detector, which makes SQLite twenty times slower.
const tenYearsPeople = 30
