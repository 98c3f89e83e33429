// Package demo invents the world of "habeas demo": people of twenty countries
// with their households, organisations, and the tickets of three connected
// systems about them, in the state in which such records really are: spelt
// differently, mistyped, out of date, with the truth beside them.
//
// The same arguments of [New] give the same world byte for byte, on every
// machine. It is pure computation: no clock, no randomness of the machine, no
// input or output.
//
// # Nobody real
//
// Nothing in it can reach anybody:
//
//   - Mail and web addresses lie in names that RFC 2606 and RFC 6761 reserve:
//     example.com, example.org, example.net (which accept no mail, RFC 7505),
//     and everything below .example and .test (which do not resolve). That is
//     also true of every mistyped address.
//   - Phone numbers come from the ranges that regulators keep for fiction where
//     there are such (Germany, France, Ireland, Sweden, United Kingdom, United
//     States). Elsewhere they have the right length but a subscriber number
//     that begins with 00, or a range that is not assigned (Spain, 500 and
//     501): numbering plans do not hand these out.
//   - Cities are real and postcodes have their form, streets and house numbers
//     are made up. Given and family names are common ones drawn separately, and
//     combinations that belong to well-known people are drawn again.
//
// # Truth
//
// [World.People] and [World.Organisations] are the truth; each [Assertion] is
// what a system was told, with the index of the person it is about and the
// [Mess] that was made of it, so that matching can be measured. How often each
// kind of mess occurs is stated in [Rates].
//
// Eight people are always there, at fixed indices ([Tim] to [Ines]), with a
// fixed story that the tour and the documentation tell; chance never touches
// them.
package demo
