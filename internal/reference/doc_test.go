// Package reference holds the tests that measure against public reference data.
// They are built with the tag "reference" and find the data through the environment
// variable HABEAS_REFERENCE; the project passes without them.
package reference
