//go:build !race

package app_test

// tenYearsPeople live in the simulation unless HABEAS_TENYEARS says otherwise.
const tenYearsPeople = 500
