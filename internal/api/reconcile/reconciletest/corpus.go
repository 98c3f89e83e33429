package reconciletest

import (
	"net/url"
	"strings"
)

// Request is one of the corpus, and what has to be true of its answer.
type Request struct {
	Name             string
	Method, Path     string // with the query
	Type, Body       string
	Accept, Language string
	Status           int
	Schemas          []string // published ones that the answer fits: "0.2/manifest"
	Says, DoesNotSay []string // parts of the body
	Callback         string
}

const (
	form    = "application/x-www-form-urlencoded"
	jsonDoc = "application/json"
)

var (
	resultBatch = []string{"0.1/reconciliation-result-batch", "0.2/reconciliation-result-batch"}
	resultArray = []string{"1.0-draft/reconciliation-result-batch"}
	extended    = []string{"0.1/data-extension-response", "0.2/data-extension-response"}
)

// suggested are the schemas of one kind of suggestion, in all versions: they only add members.
func suggested(kind string) []string {
	return []string{"0.1/suggest-" + kind + "-response", "0.2/suggest-" + kind + "-response", "1.0-draft/suggest-" + kind + "-response"}
}

func get(name, path string, status int, schemas []string, says ...string) Request {
	return Request{Name: name, Method: "GET", Path: "/reconcile" + path, Status: status, Schemas: schemas, Says: says}
}

func posted(name, field, doc string, status int, schemas []string, says ...string) Request {
	return Request{
		Name: name, Method: "POST", Path: "/reconcile", Type: form, Body: url.Values{field: {doc}}.Encode(),
		Status: status, Schemas: schemas, Says: says,
	}
}

func array(name, path, doc string, status int, schemas []string, says ...string) Request {
	return Request{Name: name, Method: "POST", Path: "/reconcile" + path, Type: jsonDoc, Body: doc, Status: status, Schemas: schemas, Says: says}
}

func (r Request) without(parts ...string) Request { r.DoesNotSay = parts; return r }
func (r Request) accepting(media string) Request  { r.Accept = media; return r }
func (r Request) in(languages string) Request     { r.Language = languages; return r }
func (r Request) calling(callback string) Request { r.Callback = callback; return r }

func q(parameter, value string) string { return parameter + "=" + url.QueryEscape(value) }

// best is how an answer begins whose best candidate is this one.
func best(id string) string { return `[{"id":"` + id + `"` }

// Corpus returns requests of all versions to all endpoints, good and bad ones.
func Corpus() []Request {
	var all []Request
	for _, part := range [][]Request{manifests(), objectBatches(), refusedObjects(), arrayBatches(), refusedArrays(), suggestions(), flyouts(), extensions(), pages(), scripts(), privacy(), openRefine()} {
		all = append(all, part...)
	}
	return all
}

func manifests() []Request {
	older := []string{"0.1/manifest", "0.2/manifest"}
	return []Request{
		get("manifest", "", 200, older, `"versions":["0.1","0.2","1.0-draft"]`, `"batchSize":50`, `{{id}}`, `"feature_view"`),
		get("manifest of 0.1", "?version=0.1", 200, older),
		get("manifest of 1.0-draft", "?version=1.0-draft", 200, []string{"1.0-draft/manifest"}, `"standardizedScore":true`, `{id}`).without("{{id}}", "identifierSpace"),
		get("manifest by the media type", "", 200, []string{"1.0-draft/manifest"}, `"featureView"`).accepting("application/json;version=1.0-draft, */*;q=0.1"),
		get("manifest in Spanish", "", 200, older, `"Límite"`).in("es-ES, en;q=0.5"),
		get("manifest of no version", "?version=7", 400, nil, "reconcile.version"),
		get("manifest with what a cache is cheated by", "?_=1700000000000", 200, older),
		get("parameter twice", "?version=0.2&version=0.1", 400, nil, "query.duplicate"),
		get("query that is not well formed", "?version=%zz", 400, nil, "query.syntax"),
		get("nothing there", "/nowhere", 404, nil),
		{Name: "method that is not taken", Method: "DELETE", Path: "/reconcile", Status: 405},
	}
}

func objectBatches() []Request {
	cam, ox := best(Cambridge.String()), best(Oxford.String())
	return []Request{
		posted("batch", "queries", `{"q0":{"query":"University of Cambridge"},"q1":{"query":"University of Oxford","limit":1}}`, 200, resultBatch, `"q0":{"result":`+cam, `"q1":{"result":`+ox, `"match":true`, `"features":[`),
		posted("batch in 0.1", "queries", `{"q0":{"query":"University of Cambridge"}}`, 200, resultBatch, cam).withVersion("0.1").without(`"features"`, `"description"`),
		get("batch by GET", "?"+q("queries", `{"q0":{"query":"Universitey of Cambrydge"}}`), 200, resultBatch, cam),
		get("single query", "?"+q("query", `{"query":"University of Oxford","limit":2}`), 200, nil, `{"result":`+ox),
		get("single name", "?"+q("query", "University of Oxford"), 200, nil, `{"result":`+ox),
		array("batch as JSON", "", `{"q0":{"query":"University of Oxford"}}`, 200, resultBatch, ox),
		array("batch with a query of the name queries", "", `{"queries":{"query":"University of Oxford"}}`, 200, resultBatch, ox),
		posted("no queries in a batch", "queries", `{}`, 200, resultBatch),
		posted("empty name", "queries", `{"q0":{"query":""}}`, 200, resultBatch, `{"q0":{"result":[]}}`),
		posted("name that nobody has", "queries", `{"q0":{"query":"Zqxj Vwkpfh"}}`, 200, resultBatch).without(`"match":true`),
		posted("type", "queries", `{"q0":{"query":"Cambridge","type":"location"}}`, 200, resultBatch, best(Town.String())).without(Cambridge.String()),
		posted("type of schema.org", "queries", `{"q0":{"query":"Cambridge","type":"https://schema.org/Place"}}`, 200, resultBatch, `"id":"location"`).without(`"organization"`),
		posted("types", "queries", `{"q0":{"query":"Cambridge","type":["location","event"],"type_strict":"any"}}`, 200, resultBatch, best(Town.String())),
		posted("all of two types", "queries", `{"q0":{"query":"Cambridge","type":["location","event"],"type_strict":"all"}}`, 200, resultBatch, `{"q0":{"result":[]}}`),
		posted("type that should be", "queries", `{"q0":{"query":"University of Cambridge","type":"location","type_strict":"should"}}`, 200, resultBatch, Cambridge.String(), `{"id":"type_match","value":false}`).without(`"match":true`),
		posted("type that nothing is of", "queries", `{"q0":{"query":"Cambridge","type":"Q5"}}`, 200, resultBatch, `{"q0":{"result":[]}}`),
		posted("any type", "queries", `{"q0":{"query":"University of Cambridge","type":"entity"}}`, 200, resultBatch, cam),
		posted("country", "queries", `{"q0":{"query":"Cambridge","type":"location","properties":[{"pid":"country","v":"US"}]}}`, 200, resultBatch, best(TownUS.String()), `{"id":"property:country","value":true}`),
		posted("country by name", "queries", `{"q0":{"query":"Cambridge","type":"location","properties":[{"pid":"country","v":"Vereinigte Staaten"}]}}`, 200, resultBatch, best(TownUS.String())),
		posted("number", "queries", `{"q0":{"query":"Cambridge","properties":[{"pid":"population","v":118403}]}}`, 200, resultBatch, best(TownUS.String())),
		posted("values of several kinds", "queries", `{"q0":{"query":"Girton College","properties":[{"pid":"part_of","v":["nothing",7,true,{"id":"`+Cambridge.String()+`","name":"Cambridge"}]}]}}`, 200, resultBatch, best(Girton.String()), `{"id":"property:part_of","value":true}`),
		posted("property that may not be searched", "queries", `{"q0":{"query":"Girton College","properties":[{"pid":"place","v":"Atlantis"}]}}`, 200, resultBatch, `{"id":"property:place","value":false}`),
		posted("external identifier first", "queries", `{"q0":{"query":"University of Oxford","properties":[{"pid":"ror","v":"https://ror.org/013meh722"}]}}`, 200, resultBatch, cam, `{"id":"identifier_match","value":true}`),
		posted("external identifier alone", "queries", `{"q0":{"properties":[{"pid":"ror","v":"013meh722"}]}}`, 200, resultBatch[1:], cam, `"score":100`, `"match":true`),
		posted("two identifiers of two", "queries", `{"q0":{"properties":[{"pid":"ror","v":["013meh722","https://ror.org/052gg0110"]}]}}`, 200, resultBatch[1:], Cambridge.String(), Oxford.String()).without(`"match":true`),
		posted("identifier that nobody has", "queries", `{"q0":{"properties":[{"pid":"uid","v":"27eb892afbb2"}]}}`, 200, resultBatch[1:], `{"q0":{"result":[]}}`),
		posted("own identifier as a name", "queries", `{"q0":{"query":"`+strings.ToUpper(Cambridge.String())+`"}}`, 200, resultBatch, cam, `"match":true`),
		posted("merged identifier", "queries", `{"q0":{"query":"`+Merged.String()+`"}}`, 200, resultBatch, cam),
		posted("divided identifier", "queries", `{"q0":{"query":"`+Divided.String()+`"}}`, 200, resultBatch, Oxford.String(), Ruskin.String()).without(`"match":true`),
		posted("deleted identifier", "queries", `{"q0":{"query":"`+Deleted.String()+`"}}`, 200, resultBatch).without(Deleted.String()),
		posted("name in a property", "queries", `{"q0":{"properties":[{"pid":"alias","v":"Universidad de Cambridge"}]}}`, 200, resultBatch[1:], cam),
		posted("candidates described in Spanish", "queries", `{"q0":{"query":"University of Cambridge"}}`, 200, resultBatch, "Reino Unido").in("es"),
		posted("limit beyond what there is", "queries", `{"q0":{"query":"University","limit":100000}}`, 200, resultBatch),
	}
}

func (r Request) withVersion(v string) Request {
	if strings.Contains(r.Path, "?") {
		r.Path += "&version=" + v
	} else {
		r.Path += "?version=" + v
	}
	return r
}

func refusedObjects() []Request {
	long := strings.Repeat("x", 3000)
	many := "{" + strings.TrimSuffix(strings.Repeat(`"Q":{"query":"x"},`, 51), ",") + "}"
	for i := range 51 {
		many = strings.Replace(many, `"Q"`, `"q`+strings.Repeat("a", i)+`"`, 1)
	}
	bad := func(name, doc, code string) Request { return posted(name, "queries", doc, 400, nil, code) }
	return []Request{
		bad("no JSON", `{"q0":`, "json.syntax"),
		bad("no object", `[]`, "json.type"),
		bad("null", `null`, "reconcile.empty"),
		bad("query given twice", `{"q0":{"query":"a"},"q0":{"query":"b"}}`, "json.duplicate"),
		bad("unknown member", `{"q0":{"query":"a","unheard":1}}`, "json.unknown"),
		bad("name that is a number", `{"q0":{"query":7}}`, "json.type"),
		bad("neither name nor properties", `{"q0":{"limit":1}}`, "reconcile.nothing"),
		bad("no properties", `{"q0":{"properties":[]}}`, "reconcile.nothing"),
		bad("property without values", `{"q0":{"query":"a","properties":[{"pid":"country","v":[]}]}}`, "reconcile.property"),
		bad("property without a name", `{"q0":{"query":"a","properties":[{"v":"b"}]}}`, "reconcile.property"),
		bad("value that is a list in a list", `{"q0":{"query":"a","properties":[{"pid":"p","v":[["b"]]}]}}`, "reconcile.value"),
		bad("entity without an identifier", `{"q0":{"query":"a","properties":[{"pid":"p","v":{"name":"b"}}]}}`, "reconcile.value"),
		bad("negative limit", `{"q0":{"query":"a","limit":-1}}`, "reconcile.limit"),
		bad("limit in halves", `{"q0":{"query":"a","limit":1.5}}`, "json.type"),
		bad("unknown strictness", `{"q0":{"query":"a","type_strict":"maybe"}}`, "reconcile.strict"),
		bad("long name", `{"q0":{"query":"`+long+`"}}`, "reconcile.long"),
		bad("long type", `{"q0":{"query":"a","type":"`+long+`"}}`, "reconcile.long"),
		bad("nothing to find by", `{"q0":{"properties":[{"pid":"country","v":"GB"}]}}`, "reconcile.alone"),
		bad("one bad query among good ones", `{"q0":{"query":"University of Oxford"},"q1":{"limit":1}}`, "reconcile.nothing"),
		bad("nesting", `{"q0":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`}`, "json.depth"),
		posted("batch that is too large", "queries", many, 413, nil, "reconcile.batch"),
		posted("no parameter", "nothing", "x", 400, nil, "reconcile.empty"),
		get("single query that is broken", "?"+q("query", `{"query"`), 400, nil, "json.syntax"),
		{Name: "another body", Method: "POST", Path: "/reconcile", Type: "text/plain", Body: "queries", Status: 415, Says: []string{"content-type"}},
		{Name: "broken form", Method: "POST", Path: "/reconcile", Type: form, Body: "queries=%zz", Status: 400},
		{Name: "control characters", Method: "POST", Path: "/reconcile", Type: form, Body: "queries=%00", Status: 400},
		{Name: "body beyond the bound", Method: "POST", Path: "/reconcile", Type: form, Body: "queries=" + strings.Repeat("x", 1<<20), Status: 413, Says: []string{"body.size"}},
	}
}

func arrayBatches() []Request {
	cam := best(Cambridge.String())
	one := func(name, conditions string, says ...string) Request {
		return array(name, "/match", `{"queries":[{"conditions":[`+conditions+`]}]}`, 200, resultArray, says...)
	}
	return []Request{
		array("array batch", "/match", `{"queries":[{"conditions":[{"matchType":"name","propertyValue":"University of Cambridge"}]},{"limit":1,"type":"location","lang":"en","conditions":[{"matchType":"name","propertyValue":"Cambridge"}]}]}`, 200, resultArray, `{"results":[{"candidates":`+cam, `"match":true`, `"name":`),
		array("array batch at the base", "", `{"queries":[{"conditions":[{"matchType":"name","propertyValue":"University of Cambridge"}]}]}`, 200, resultArray, cam),
		array("empty array", "/match", `{"queries":[]}`, 200, resultArray, `{"results":[]}`),
		array("members that are not known", "/match", `{"more":1,"queries":[{"conditions":[{"matchType":"name","propertyValue":"University of Oxford","x-note":1}]}]}`, 200, resultArray, best(Oxford.String())),
		one("identifier", `{"matchType":"id","propertyValue":"`+Oxford.String()+`"}`, best(Oxford.String()), `"match":true`),
		one("address of the page", `{"matchType":"id","propertyValue":"/entity/`+Oxford.String()+`"}`, `"candidates":[]`),
		one("identifier that is an entity", `{"matchType":"id","propertyValue":{"id":"`+Oxford.String()+`"}}`, best(Oxford.String())),
		one("external identifier", `{"matchType":"property","propertyId":"ROR","propertyValue":"https://ror.org/052gg0110"}`, best(Oxford.String())),
		one("required", `{"matchType":"name","propertyValue":"Cambridge"},{"matchType":"property","propertyId":"country","propertyValue":"US","required":true}`, best(TownUS.String())).without(Town.String(), Cambridge.String()),
		one("none of", `{"matchType":"name","propertyValue":"Cambridge"},{"matchType":"property","propertyId":"country","propertyValue":["GB","FR"],"matchQuantifier":"none","required":true}`, best(TownUS.String())).without(Town.String()),
		one("all of", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"property","propertyId":"alias","propertyValue":["Universidad de Cambridge","جامعة كامبريدج"],"matchQuantifier":"all","required":true}`, cam),
		one("all of, and one is not so", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"property","propertyId":"alias","propertyValue":["Universidad de Cambridge","Cantab"],"matchQuantifier":"all","required":true}`).without(Cambridge.String()),
		one("not this one", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"id","propertyValue":"`+Cambridge.String()+`","matchQuantifier":"none","required":true}`).without(Cambridge.String()),
		one("name that it must not have", `{"matchType":"name","propertyValue":"Cambridge"},{"matchType":"name","propertyValue":"University of Cambridge","matchQuantifier":"none","matchQualifier":"ExactMatch","required":true}`, Town.String()).without(Cambridge.String()),
		one("pattern", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"property","propertyId":"place","propertyValue":"Camb*","matchQualifier":"WildcardMatch"}`, cam, `"property:place"`),
		one("pattern that does not fit", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"property","propertyId":"place","propertyValue":"*bridgeport","matchQualifier":"WildcardMatch","required":true}`).without(Cambridge.String()),
		one("very same value", `{"matchType":"name","propertyValue":"University of Cambridge"},{"matchType":"property","propertyId":"place","propertyValue":"cambridge","matchQualifier":"ExactMatch","required":true}`).without(Cambridge.String()),
		one("two names", `{"matchType":"name","propertyValue":["University of Oxford","Anglia Ruskin University"]}`, Oxford.String(), Ruskin.String()),
		one("year of a date", `{"matchType":"name","propertyValue":"World Congress of Registries"},{"matchType":"property","propertyId":"start_date","propertyValue":"2026-09","required":true}`, best(Conference.String())),
	}
}

func refusedArrays() []Request {
	bad := func(name, doc, code string) Request { return array(name, "/match", doc, 400, nil, code) }
	one := func(name, condition, code string) Request {
		return bad(name, `{"queries":[{"conditions":[`+condition+`]}]}`, code)
	}
	many := `{"queries":[` + strings.TrimSuffix(strings.Repeat(`{"conditions":[{"matchType":"name","propertyValue":"x"}]},`, 51), ",") + `]}`
	return []Request{
		bad("array without an object", `[]`, "json.type"),
		bad("array without queries", `{}`, "reconcile.empty"),
		bad("old form at the new address", `{"q0":{"query":"a"}}`, "reconcile.empty"),
		bad("several types", `{"queries":[{"type":["a","b"],"conditions":[{"matchType":"name","propertyValue":"x"}]}]}`, "json.type"),
		bad("no conditions", `{"queries":[{"conditions":[]}]}`, "reconcile.nothing"),
		bad("unknown member of a query", `{"queries":[{"type_strict":"any","conditions":[{"matchType":"name","propertyValue":"x"}]}]}`, "json.unknown"),
		one("no matchType", `{"propertyValue":"x"}`, "reconcile.match-type"),
		one("no propertyId", `{"matchType":"property","propertyValue":"x"}`, "reconcile.property"),
		one("no propertyValue", `{"matchType":"name"}`, "reconcile.property"),
		one("unknown quantifier", `{"matchType":"name","propertyValue":"x","matchQuantifier":"most"}`, "reconcile.quantifier"),
		one("unknown qualifier", `{"matchType":"name","propertyValue":"x","matchQualifier":"Sounds"}`, "reconcile.qualifier"),
		one("too many names", `{"matchType":"name","propertyValue":[`+strings.TrimSuffix(strings.Repeat(`"x",`, 11), ",")+`]}`, "reconcile.many"),
		array("array that is too large", "/match", many, 413, nil, "reconcile.batch"),
		{Name: "form at the new address", Method: "POST", Path: "/reconcile/match", Type: form, Body: "queries=x", Status: 415, Says: []string{"content-type"}},
		array("callback in 1.0-draft", "/match?callback=f", `{"queries":[]}`, 400, nil, "reconcile.callback"),
	}
}
