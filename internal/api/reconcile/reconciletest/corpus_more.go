package reconciletest

import "strings"

func suggestions() []Request {
	return []Request{
		get("entities", "/suggest/entity?prefix=Camb", 200, suggested("entities"), Cambridge.String(), `"notable":[{"id":"organization"`),
		get("entities of a type", "/suggest/entity?prefix=Camb&type=location", 200, suggested("entities"), Town.String()).without(Cambridge.String()),
		get("entities from the second on", "/suggest/entity?prefix=Cambridge&cursor=1&type=location", 200, suggested("entities"), "Cambridge"),
		get("entities page by page", "/suggest/entity?prefix=Cambridge&offset=0&limit=1", 200, suggested("entities")),
		get("entities beyond the last", "/suggest/entity?prefix=Cambridge&cursor=100000", 200, suggested("entities"), `{"result":[]}`),
		get("entity by identifier", "/suggest/entity?prefix="+Oxford.String(), 200, suggested("entities"), best(Oxford.String())),
		get("entities of nothing typed", "/suggest/entity?prefix=", 200, suggested("entities"), `{"result":[]}`),
		get("entities without what was typed", "/suggest/entity", 400, nil, "reconcile.prefix"),
		get("entities from nowhere on", "/suggest/entity?prefix=a&cursor=-1", 400, nil, "reconcile.cursor"),
		get("no entities", "/suggest/entity?prefix=a&limit=0", 400, nil, "reconcile.limit"),
		get("long prefix", "/suggest/entity?prefix="+strings.Repeat("a", 3000), 400, nil, "reconcile.long"),
		get("all types", "/suggest/type?prefix=", 200, suggested("types"), `"id":"entity"`, `"broader":[{"id":"entity"`),
		get("types", "/suggest/type?prefix=org", 200, suggested("types"), `"id":"organization"`).without(`"id":"person"`),
		get("types in Spanish", "/suggest/type?prefix=", 200, suggested("types")).in("es"),
		get("types of 1.0-draft", "/suggest/type?prefix=&offset=1&limit=2", 200, suggested("types"), `"lang":"en"`).without(`"result":[{"id":"entity"`),
		get("properties", "/suggest/property?prefix=coun", 200, suggested("properties"), `"id":"country"`),
		get("properties of 1.0-draft", "/suggest/property?prefix=&offset=0&limit=100", 200, suggested("properties"), `"matchQualifiers":[{"id":"ExactMatch"`, `"id":"ror"`),
		get("properties by a word of their name", "/suggest/property?prefix=birth", 200, suggested("properties"), `"id":"birth_date"`),
	}
}

func flyouts() []Request {
	return []Request{
		get("flyout of an entity", "/flyout/entity?id="+Oxford.String(), 200, nil, `"id":"`+Oxford.String()+`"`, "University of Oxford"),
		get("flyout of a property", "/flyout/property?id=country", 200, nil, "Country"),
		get("flyout of a type", "/flyout/type?id=organization", 200, nil, "schema.org/Organization"),
		get("flyout of nothing", "/flyout/entity?id=nothing", 404, nil, "reconcile.entity"),
		get("flyout of no property", "/flyout/property?id=nothing", 404, nil, "reconcile.unknown"),
		get("flyout of no type", "/flyout/type?id=nothing", 404, nil, "reconcile.unknown"),
	}
}

func extensions() []Request {
	ids := `"ids":["` + Cambridge.String() + `","` + Girton.String() + `","nobody"]`
	properties := `"properties":[{"id":"name"},{"id":"part_of"},{"id":"founded"},{"id":"students"},{"id":"latitude"},{"id":"ror"},{"id":"same_as"},{"id":"reference"},{"id":"type"},{"id":"id"},{"id":"unheard"}]`
	both := "{" + ids + "," + properties + "}"
	array10 := []string{"1.0-draft/data-extension-response"}
	one := func(name, property string, says ...string) Request {
		return posted(name, "extend", `{"ids":["`+Cambridge.String()+`"],"properties":[`+property+`]}`, 200, extended, says...)
	}
	return []Request{
		posted("extension", "extend", both, 200, extended,
			`"part_of":[{"id":"`+Cambridge.String()+`","name":"University of Cambridge"}]`, `"founded":[{"date":"1209-01-01T00:00:00Z"}]`,
			`"students":[{"int":24450}]`, `"latitude":[{"float":52.205}]`, `"nobody":{`, `"type":{"id":"organization"`),
		get("extension by GET", "?"+q("extend", both), 200, extended, `"str":"University of Cambridge"`),
		array("extension of 1.0-draft", "/extend", both, 200, array10, `"rows":[{"id":"`+Cambridge.String()+`"`, `{"id":"part_of","values":[{"id":"`),
		array("extension with directions", "/extend", `{"ids":["`+Cairo.String()+`"],"properties":[{"id":"name"}]}`, 200, array10, `"lang":"ar","dir":"rtl"`),
		one("limit of values", `{"id":"alias","settings":{"limit":"1"}}`, "Universidad").without("جامعة"),
		one("language of values", `{"id":"alias","settings":{"lang":"AR"}}`, "جامعة").without("Universidad"),
		one("count of values", `{"id":"alias","settings":{"count":true}}`, `"alias":[{"int":2}]`),
		one("settings left untouched", `{"id":"alias","settings":{"limit":"","lang":"","count":false,"content":"entity","more":1}}`, "Universidad"),
		posted("names in place of entities", "extend", `{"ids":["`+Girton.String()+`"],"properties":[{"id":"part_of","settings":{"content":"name"}}]}`, 200, extended, `[{"str":"University of Cambridge"}]`),
		posted("identifiers in place of entities", "extend", `{"ids":["`+Girton.String()+`"],"properties":[{"id":"part_of","settings":{"content":"id"}}]}`, 200, extended, `[{"str":"`+Cambridge.String()+`"}]`),
		posted("extension of a merged identifier", "extend", `{"ids":["`+Merged.String()+`"],"properties":[{"id":"name"}]}`, 200, extended, `"`+Merged.String()+`":{"name":[{"str":"University of Cambridge"}]}`),
		posted("extension of a divided identifier", "extend", `{"ids":["`+Divided.String()+`"],"properties":[{"id":"name"}]}`, 200, extended, `{"name":[]}`),
		posted("extension of nothing", "extend", `{"ids":[],"properties":[]}`, 200, extended),
		posted("extension without properties", "extend", `{"ids":[]}`, 400, nil, "reconcile.extend"),
		posted("property without its name", "extend", `{"ids":[],"properties":[{}]}`, 400, nil, "reconcile.extend"),
		posted("extension that is no JSON", "extend", `{`, 400, nil, "json.syntax"),
		posted("setting that cannot be", "extend", `{"ids":[],"properties":[{"id":"name","settings":{"limit":"many"}}]}`, 400, nil, "reconcile.setting"),
		posted("extension that is too large", "extend", `{"ids":[`+strings.TrimSuffix(strings.Repeat(`"a",`, 201), ",")+`],"properties":[]}`, 413, nil, "reconcile.extend-size"),
		{Name: "extension as a form at the new address", Method: "POST", Path: "/reconcile/extend", Type: form, Body: "extend=x", Status: 400, Says: []string{"reconcile.extend"}},
		get("proposals", "/extend/propose?type=organization", 200, []string{"0.2/data-extension-property-proposal", "1.0-draft/data-extension-property-proposal"}, `"type":"organization"`, `"id":"founded"`).without(`"birth_date"`),
		get("few proposals", "/extend/propose?type=person&limit=3", 200, []string{"0.2/data-extension-property-proposal"}, `"limit":3`),
		get("proposals of 1.0-draft", "/extend/propose?type=person&version=1.0-draft", 200, []string{"1.0-draft/data-extension-property-proposal"}, `"lang":"en"`, `"birth_date"`),
		get("proposals for a type that is not known", "/extend/propose?type=Q5", 200, []string{"1.0-draft/data-extension-property-proposal"}, `"id":"name"`),
		get("proposals in no number", "/extend/propose?type=person&limit=x", 400, nil, "reconcile.limit"),
	}
}

func pages() []Request {
	return []Request{
		get("preview", "/preview?id="+Cambridge.String(), 200, nil, "<h1>", "University of Cambridge", "https://ror.org/013meh722", `lang="ar"`, `<html lang="en">`),
		get("preview in Spanish", "/preview?id="+Cambridge.String(), 200, nil, `<html lang="es">`, "Reino Unido").in("es"),
		get("preview of a merged identifier", "/preview?id="+Merged.String(), 200, nil, "University of Cambridge"),
		get("preview of a divided identifier", "/preview?id="+Divided.String(), 200, nil, "Anglia Ruskin University", "University of Oxford"),
		get("preview of a deleted identifier", "/preview?id="+Deleted.String(), 404, nil),
		get("preview of nothing", "/preview", 404, nil),
		get("preview of what is no identifier", "/preview?id="+q("", `"><script>alert(1)</script>`)[1:], 404, nil).without("<script"),
		get("style of the preview", "/preview.css", 200, nil),
		get("logo", "/logo.svg", 200, nil, "<svg"),
		get("feature", "/feature?id=type_match", 200, nil, "type_match"),
		get("feature of the index", "/feature?id=typo", 200, nil, "odds"),
		get("feature of a property", "/feature?id=property:country", 200, nil, "Country"),
		get("feature that cannot be", "/feature?id="+q("", "<b>")[1:], 404, nil),
	}
}

func scripts() []Request {
	queries := q("queries", `{"q0":{"query":"University of Oxford"}}`)
	refused := func(name, callback string) Request {
		return get("callback "+name, "?"+q("callback", callback), 400, nil, "reconcile.callback").without("alert")
	}
	return []Request{
		get("manifest by a callback", "?callback=jQuery3510_1700000000000&_=1", 200, []string{"0.1/manifest", "0.2/manifest"}).calling("jQuery3510_1700000000000"),
		get("batch by a callback", "?callback=a.b.$c&"+queries, 200, resultBatch, Oxford.String()).calling("a.b.$c"),
		get("suggestions by a callback", "/suggest/entity?prefix=Camb&callback=f", 200, suggested("entities")).calling("f"),
		get("flyout by a callback", "/flyout/type?id=person&callback=f", 200, nil).calling("f").without("<p>"),
		get("extension by a callback", "?callback=f&"+q("extend", `{"ids":["`+Cambridge.String()+`"],"properties":[{"id":"name"}]}`), 200, extended).calling("f"),
		refused("that calls", "alert(1)//"),
		refused("with a bracket", "a[0]"),
		refused("that ends a script", "</script><script>alert(1)//"),
		refused("with a line", "a\nalert"),
		refused("that is empty", ""),
		refused("that begins with a digit", "1a"),
		refused("with letters of other scripts", "функция"),
		refused("with a point at its end", "a."),
		refused("that is long", strings.Repeat("a", 200)),
		refused("of a file type", "CWS\x07"),
		get("callback twice", "?callback=a&callback=b", 400, nil, "query.duplicate"),
		get("callback in 1.0-draft by GET", "?version=1.0-draft&callback=f", 400, nil, "reconcile.callback"),
		{Name: "callback of a POST", Method: "POST", Path: "/reconcile?callback=f", Type: form, Body: queries, Status: 400, Says: []string{"reconcile.callback"}},
	}
}

// privacy asks for what the public does not find (ENT-43).
func privacy() []Request {
	no := func(r Request) Request {
		return r.without("Thornbush", "Hidden Hollow", "Unlisted Lodge", Private.String()+`","name`, "1984")
	}
	return []Request{
		posted("person who is published", "queries", `{"q0":{"query":"Ada Lovelace"}}`, 200, resultBatch, best(Ada.String())),
		no(posted("person who is not", "queries", `{"q0":{"query":"Timothy Thornbush"}}`, 200, resultBatch)),
		no(posted("person by identifier", "queries", `{"q0":{"query":"`+Private.String()+`"}}`, 200, resultBatch)),
		no(posted("person by ORCID", "queries", `{"q0":{"properties":[{"pid":"orcid","v":"0000-0002-1825-0097"}]}}`, 200, resultBatch[1:], `{"q0":{"result":[]}}`)),
		no(array("person by identifier in 1.0-draft", "/match", `{"queries":[{"conditions":[{"matchType":"id","propertyValue":"`+Private.String()+`"}]}]}`, 200, resultArray, `"candidates":[]`)),
		no(get("person while somebody types", "/suggest/entity?prefix=Timothy", 200, suggested("entities"))),
		no(get("person's preview", "/preview?id="+Private.String(), 404, nil)),
		no(get("person's flyout", "/flyout/entity?id="+Private.String(), 404, nil)),
		no(posted("person's values", "extend", `{"ids":["`+Private.String()+`","`+Hidden.String()+`"],"properties":[{"id":"name"},{"id":"birth_date"}]}`, 200, extended)),
		no(posted("what is hidden", "queries", `{"q0":{"query":"Hidden Hollow Institute"},"q1":{"query":"`+Hidden.String()+`"}}`, 200, resultBatch)),
		no(posted("what no question finds", "queries", `{"q0":{"query":"Unlisted Lodge"},"q1":{"query":"`+Unlisted.String()+`"}}`, 200, resultBatch)),
	}
}

// openRefine are the requests of OpenRefine 3: how its dialogs and jobs write them.
func openRefine() []Request {
	return []Request{
		get("OpenRefine adds the service", "", 200, []string{"0.1/manifest", "0.2/manifest"}).accepting("application/json, text/javascript, */*; q=0.01"),
		posted("OpenRefine guesses types", "queries", `{"q0":{"query":"University of Cambridge","limit":3},"q1":{"query":"Cairo University","limit":3}}`, 200, resultBatch, `"type":[{"id":"organization"`),
		posted("OpenRefine reconciles", "queries", `{"q0":{"query":"University of Cambridge","type":"organization","properties":[{"pid":"country","v":"GB"},{"pid":"part_of","v":{"id":"`+Oxford.String()+`","name":"University of Oxford"}}],"type_strict":"should"}}`, 200, resultBatch, best(Cambridge.String())),
		posted("OpenRefine extends", "extend", `{"ids":["`+Cambridge.String()+`"],"properties":[{"id":"country"},{"id":"alias","settings":{"limit":"1","content":"entity"}}]}`, 200, extended),
		get("OpenRefine suggests entities", "/suggest/entity?type=organization&type_strict=any&prefix=cam&limit=10&lang=en", 200, suggested("entities"), Cambridge.String()),
		get("OpenRefine suggests properties", "/suggest/property?schema=&prefix=pla", 200, suggested("properties"), `"id":"place"`),
		get("OpenRefine proposes properties", "/extend/propose?type=organization", 200, []string{"0.2/data-extension-property-proposal"}),
	}
}
