// Package entity is the Entity Name System: people, organisations, places, events and things
// have one global identifier each, which resolves for ever. It holds what an entity is, the
// rules of writing (validate, create, edit, merge, split, delete, undo, purge), the public
// evolution of identifiers, and what a question may see.
//
// What is said of an entity is public text unless an attribute is hidden: hidden ones lie
// sealed, and neither ranking nor scores nor timing knows of them (ENT-4). Who wrote what is
// said to the contribution log alone (ENT-5, ENT-15).
//
// Sources: requirements ENT-1 to ENT-45, W3C Reconciliation Service API.
package entity
