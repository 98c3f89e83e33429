// Package mail writes mails to people and hands them to a mail server.
//
// [Render] makes a [Message] from the templates, in the reader's language, with
// a plain-text and an HTML part. What a mail may say is bounded by [Data]: it
// has no field for a name, an address or any other value of a record, links
// lead nowhere but to the server's own origin, and a subject can use the name
// of the organisation only (PTY-20).
//
// [Sender] delivers one message over SMTP. Its errors say whether trying again
// can help, and hold codes only: no address and nothing that the mail server
// wrote. Delivery is at least once; a message that is sent twice carries the
// same Message-ID, by which mail systems drop the second.
package mail
