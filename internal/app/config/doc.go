// Package config fills a struct of settings from its defaults, one TOML file and the
// environment, in that order, and can say of each value what it means and where it
// came from. What a key is, its struct says in tags:
//
//	Port int `toml:"port" doc:"port of the mail server" default:"587" example:"465"`
//
// doc is a phrase without a full stop; default and example are written as in the
// environment; choice lists what is allowed, separated by "|"; secret:"yes" keeps a value
// from being printed. A struct is a section, such as [smtp]; a slice of structs is
// an array of tables, which only the file can hold. A field may be a string, an int, a
// bool, a []string or a type that implements encoding.TextUnmarshaler.
package config
