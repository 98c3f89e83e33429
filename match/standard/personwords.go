package standard

// Words that stand in names and are no names. All folded.
var (
	// honorifics stand before titles: the Right Honourable, the Very Reverend.
	honorifics = set(`the right rt most very his her late`)

	// titles are never names; weakTitles are taken only before two more words.
	titles = set(`mr mrs ms miss mx messrs dr doctor prof professor sir dame rev reverend revd fr hon honourable honorable
		capt captain col colonel lt lieutenant sgt sergeant cpl cmdr commander adm admiral brig gen general
		herr frau fraulein dipl ing mag dott dottore dottssa dottoressa sig signor signora signorina avv
		monsieur madame mademoiselle mme mlle mgr maitre senor senora senorita sra srta dona
		dhr mevr mevrouw meneer drs mej jonkheer jhr jkvr hr fru pan pani mgr inz judr mudr phdr rndr bc
		shri smt kumari sheikh shaikh haji hajji maulana ustad datuk med phil iur rer nat habil hc
		г госпожа господин`)
	weakTitles = set(`lady lord prince princess king queen emperor duke duchess earl count countess baron baroness viscount
		viscountess marquess marquis graf grafin freiherr freifrau ritter furst president senator governor judge justice
		chancellor bishop archbishop cardinal pope rabbi saint st father sister brother mother major maj don m sr fra imam
		begum sri shah mullah master mstr swami`)

	// ranks make a title with a number before or "of" behind them.
	ranks = set(`baron baroness baronet bt earl duke duchess viscount viscountess marquess marquis count countess lord lady
		prince princess king queen graf herzog laird chief`)

	// suffixes are never names; weakSuffixes only behind two other words; learned only
	// behind a comma.
	suffixes     = set(`jr jnr snr junior senior iii phd dphil esq esquire obe mbe cbe kbe dbe kcb kcmg gcb msc bsc mba llb llm dds dvm frs frse`)
	weakSuffixes = set(`ii iv v vi vii viii sr md jd qc kc mp rn filho neto sobrinho 2nd 3rd 4th ret bt kt`)
	learned      = set(`ma ba mp rn cpa pe do osb sj op vc dso ra frcs mrcp edd dmin psyd mphil mres med bed ing i dr prof x`)

	particles = set(`of van von der den de het ten ter te vom zu zum zur la le les lo du des da das do dos di del della dello
		dei degli delle dal dalla d al el ul ad ibn bin bint binti abu ben bar af av op aan in thoe tot der dem los las
		ap ab ferch bat ze ould walad`)

	// startsFamily are particles with which a name may begin that has no given name:
	// van Gogh, but Ben Stiller and Al Gore.
	startsFamily = set(`of van von der den de het ten ter vom zu zum zur la le du des da das do dos di del della dello dei degli delle ibn bin abu`)

	// spanish are frequent surnames of Spain and Latin America, two of which make one
	// family name.
	spanish = set(`garcia rodriguez gonzalez fernandez lopez martinez sanchez perez gomez martin jimenez ruiz hernandez diaz
		moreno munoz alvarez romero alonso gutierrez navarro torres dominguez vazquez vasquez ramos gil ramirez serrano blanco
		molina morales suarez ortega delgado castro ortiz rubio marin sanz nunez iglesias medina garrido cortes castillo
		santos lozano guerrero cano prieto mendez cruz calvo gallego vidal leon marquez herrera pena flores cabrera campos
		vega fuentes carrasco diez caballero reyes nieto aguilar pascual santana herrero lorenzo montero hidalgo gimenez
		ibanez ferrer duran santiago benitez mora vicente vargas arias carmona crespo roman pastor soto saez velasco moya
		soler parra esteban bravo gallardo rojas rivera rios silva espinosa espinoza camacho chavez contreras salazar mejia
		guzman valdez valdes juarez avila estrada mendoza figueroa acosta miranda maldonado rosales trujillo quintero
		cardenas zamora valencia velez cordova cordoba orozco pacheco ochoa bustamante cervantes escobar sandoval solis
		salinas robles villarreal zapata zuniga galvan barrera bautista padilla luna lara ponce rangel rosas tapia
		quispe mamani huaman arroyo peralta paredes palacios pineda restrepo osorio uribe bermudez borges llosa neruda`)

	// familyFirst are surnames of people who write them first, and rarely given names
	// elsewhere.
	familyFirst = set(`nguyen tran pham hoang huynh phan dang bui ngo duong zhang wang liu chen yang huang zhao zhou zhu
		zheng xie deng xiao jiang cheng cao peng zeng hwang mao guo xu hu luo tang feng dong cai ye shen wei jiang qian
		dai ren fang yao tan liao zou xiong jin hao kong bai cui qiu gu shao wan qin park choi jeong yoon jang kwon`)

	doubleSurnames = set(`欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 司徒 夏侯 端木 南宫 남궁 황보 제갈 선우 독고 사공 서문`)
)
