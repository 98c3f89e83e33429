package app

import "html/template"

// copyPage is the readable copy: one file without scripts, links or remote content.
var copyPage = template.Must(template.New("copy").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Everything held about me</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1,h2{font-family:Georgia,serif}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #ccc;vertical-align:top}</style>
<h1>Everything held about me</h1>
<p>Taken on {{.Taken.Format "2006-01-02 15:04 MST"}}.</p>
<h2>Account</h2><table><tr><th>What<th>Value<th>Since</tr>
{{range .Account}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>
{{range .Records}}<h2>Record {{.ID}}</h2>
<table><caption>What it says now</caption><tr><th>Set<th>Field<th>Value<th>Said by<th>When</tr>
{{range .Fields}}<tr><td>{{.Set}}<td>{{.Field}}<td>{{.Value}}<td>{{.Source}}<td>{{.Stated}}</tr>
{{end}}</table>
<table><caption>Everything that was ever said</caption><tr><th>When<th>By<th>Ticket<th>What</tr>
{{range .Statements}}<tr><td>{{.Stated}}<td>{{.Source}}<td>{{.Ticket.Ref}} {{.Ticket.Title}}<td>{{range $set, $fields := .Values}}{{range $name, $text := $fields}}{{$set}}.{{$name}}: {{$text}}<br>{{end}}{{end}}</tr>
{{end}}</table>{{if .Requests}}
<table><caption>What was asked for about it</caption><tr><th>What<th>Answer<th>When</tr>
{{range .Requests}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Decisions}}
<table><caption>What was decided about what others propose</caption><tr><th>What<th>About<th>When</tr>
{{range .Decisions}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Consents}}
<table><caption>Consents handed over as a code</caption><tr><th>What<th>Until, note<th>When</tr>
{{range .Consents}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Tags}}
<table><caption>Tags of staff</caption><tr><th>Given by<th>Words<th>When</tr>
{{range .Tags}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Notes}}
<table><caption>Notes of staff, and answers to them</caption><tr><th>Who<th>Words<th>When</tr>
{{range .Notes}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Relations}}
<table><caption>To whom the record is related</caption><tr><th>What<th>To whom<th>Since</tr>
{{range .Relations}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{if .Guardians}}
<table><caption>Who acted for its person</caption><tr><th>Document<th>Until<th>Since</tr>
{{range .Guardians}}<tr><td>{{.What}}<td>{{.Value}}<td>{{.Since}}</tr>
{{end}}</table>{{end}}{{end}}
<h2>Activity</h2><table><tr><th>When<th>What<th>By<th>Why<th>Leaf</tr>
{{range .Activity}}<tr><td>{{.At}}<td>{{.Event}}<td>{{.By}}<td>{{.Purpose}}<td>{{if ge .Leaf 0}}{{.Leaf}}{{end}}</tr>
{{end}}</table></html>
`))
