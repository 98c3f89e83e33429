package email

import (
	"slices"
	"strings"
)

// knownDomains are common mail providers, the most used first, from several
// countries. Being listed only stops and gives hints; it means no trust.
var knownDomains = strings.Fields(`
gmail.com outlook.com hotmail.com yahoo.com icloud.com
aol.com live.com msn.com me.com mac.com ymail.com rocketmail.com mail.com email.com
proton.me protonmail.com pm.me fastmail.com hey.com zoho.com tutanota.com tuta.io hushmail.com googlemail.com
hotmail.co.uk outlook.co.uk live.co.uk yahoo.co.uk btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com
gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de posteo.de mailbox.org arcor.de outlook.de hotmail.de yahoo.de
bluewin.ch hispeed.ch chello.at aon.at a1.net
orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr hotmail.fr outlook.fr yahoo.fr live.fr
libero.it virgilio.it tiscali.it alice.it tin.it hotmail.it outlook.it yahoo.it
hotmail.es outlook.es yahoo.es telefonica.net
telenet.be skynet.be proximus.be ziggo.nl kpnmail.nl planet.nl hetnet.nl xs4all.nl home.nl live.nl hotmail.nl outlook.nl
wp.pl o2.pl onet.pl interia.pl gazeta.pl seznam.cz centrum.cz azet.sk freemail.hu citromail.hu abv.bg
telia.com outlook.dk live.dk hotmail.dk online.no luukku.com
sapo.pt uol.com.br bol.com.br terra.com.br hotmail.com.br outlook.com.br yahoo.com.br
comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com
shaw.ca rogers.com sympatico.ca telus.net yahoo.ca hotmail.ca outlook.com.au bigpond.com optusnet.com.au yahoo.com.au
mail.ru yandex.ru yandex.com bk.ru list.ru inbox.ru rambler.ru ukr.net i.ua
qq.com 163.com 126.com sina.com foxmail.com naver.com daum.net hanmail.net yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp
rediffmail.com yahoo.co.in yahoo.in mynet.com windowslive.com
`)

var knownSorted = slices.Sorted(slices.Values(knownDomains))

func isKnown(domain string) bool {
	_, ok := slices.BinarySearch(knownSorted, domain)
	return ok
}

// endings maps endings that exist nowhere to the one that was meant.
var endings = map[string]string{
	"con": "com", "cmo": "com", "ocm": "com", "moc": "com", "comm": "com", "coom": "com", "ccom": "com", "cpm": "com", "clm": "com",
	"vom": "com", "xom": "com", "dom": "com", "cim": "com", "ckm": "com", "c0m": "com", "coml": "com", "come": "com", "comn": "com",
	"cok": "com", "cojm": "com", "copm": "com", "xcom": "com",
	"ner": "net", "nte": "net", "ent": "net", "met": "net", "bet": "net", "nett": "net", "netr": "net",
	"ogr": "org", "rog": "org", "prg": "org", "irg": "org", "orgg": "org", "ort": "org", "orf": "org", "orh": "org", "ord": "org",
	"dee": "de", "rf": "fr", "ti": "it", "ku": "uk", "ukk": "uk", "hc": "ch", "lp": "pl", "edy": "edu", "eud": "edu",
}
