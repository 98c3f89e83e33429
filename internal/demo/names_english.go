package demo

// English-speaking countries.

const englishNicks = `Timothy=Tim, William=Bill Will, Robert=Bob Rob, Richard=Dick Rich, James=Jim Jamie, John=Jack,
	Michael=Mike Mick, Thomas=Tom Tommy, Edward=Ted Ed, Charles=Charlie, Margaret=Peggy Maggie, Elizabeth=Liz Beth,
	Katherine=Kate Kathy, Catherine=Cathy, Susan=Sue, Patricia=Pat Trish, Barbara=Babs, Dorothy=Dot, Christopher=Chris,
	Matthew=Matt, Andrew=Andy, Anthony=Tony, Daniel=Dan, Joseph=Joe, Benjamin=Ben, Samuel=Sam, Alexander=Alex,
	Nicholas=Nick, Stephen=Steve, David=Dave, Kenneth=Ken, Ronald=Ron, Donald=Don, Jennifer=Jen Jenny, Rebecca=Becky,
	Jessica=Jess, Victoria=Vicky, Deborah=Debbie, Abigail=Abby, Pamela=Pam, Jacqueline=Jackie, Gregory=Greg,
	Lawrence=Larry, Joshua=Josh, Theodore=Teddy, Eleanor=Ellie Nell, Amanda=Mandy, Kimberly=Kim, Geoffrey=Geoff`

var britain = spec{
	country: "GB", language: "en", share: 110, married: 60, form: "{n} {s}", trunk: "0",
	male: `Ronald, Kenneth, Dennis, Derek, Brian, Geoffrey, Roy, Alan, Trevor, Keith, Graham, Barry, Clive, Nigel,
		Stephen, Kevin, Timothy, Ian, Gary, Neil, Andrew, Simon, Darren, Craig, Lee, Gareth, Christopher, Matthew,
		James, Daniel, Thomas, Ryan, Adam, Callum, Jack, Joshua, Samuel, Harry, Oliver, Alfie, George, Theodore`,
	female: `Doreen, Joan, Margaret, Jean, Sheila, Maureen, Brenda, Pamela, Valerie, Christine, Pauline, Susan, Linda,
		Gillian, Carol, Janet, Julie, Karen, Alison, Deborah, Tracey, Amanda, Joanne, Samantha, Nicola, Claire, Emma,
		Rebecca, Sarah, Laura, Gemma, Victoria, Charlotte, Jessica, Hannah, Bethany, Eleanor, Poppy, Amelia, Isla, Freya`,
	family: `Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Patel, Robinson, Wright, Thompson, Evans,
		Walker, White, Roberts, Green, Hall, Wood, Jackson, Clarke, Hughes, Edwards, Hill, Moore, Cooper, Turner,
		Ward, Morris, King, Harrison, Morgan, Baker, Cook, Allen, Bell, Shaw, Parker, Marshall, Fletcher, Hargreaves,
		Ashworth, Pemberton, Llewellyn, MacKenzie, McDonald, Campbell, Fraser, Sutherland, Penhaligon, Whitlock,
		Featherstone, Begum, Ahmed, Okafor, Fairbairn-Lowe`,
	nicks: englishNicks,
	cities: `London:SE## #@@, Manchester:M# #@@, Leeds:LS# #@@, Bristol:BS# #@@, Cardiff:CF1# #@@, Edinburgh:EH# #@@,
		Glasgow:G1# #@@, Norwich:NR# #@@, York:YO3# #@@, Belfast:BT# #@@, Exeter:EX# #@@`,
	streets: `Church Lane, Station Road, Mill Road, Orchard Close, Victoria Terrace, Albert Street, The Green, High Street,
		Meadow View, Chapel Street, Kings Avenue, Hawthorn Drive, Canal Walk, Elm Grove, Rectory Gardens, Quarry Hill`,
	// Numbers for drama, set aside by Ofcom.
	phones: `+44 7700 900###, +44 20 7946 0###, +44 161 496 0###, +44 117 496 0###`,
	titles: `Dr, Dr, Prof, Rev`,
	legal:  `CIO, CIO, Ltd, CIC`,
}

var ireland = spec{
	country: "IE", language: "en", share: 40, married: 55, form: "{n} {s}", trunk: "0",
	male: `Patrick, Michael, John, Seán, Thomas, Joseph, Christopher, Denis, Noel, Declan, Brendan, Gerard, Dermot,
		Eamon, Kieran, Brian, Colm, Niall, Aidan, Barry, Fergal, Cormac, Eoin, Conor, Cian, Darragh, Oisín, Fionn, Tadhg, Rían`,
	female: `Mary, Bridget, Kathleen, Margaret, Eileen, Nuala, Breda, Deirdre, Geraldine, Carmel, Bernadette, Fionnuala,
		Catherine, Gráinne, Orla, Sinéad, Aisling, Ciara, Niamh, Róisín, Aoife, Sorcha, Caoimhe, Saoirse, Clodagh, Éabha, Fiadh`,
	family: `Murphy, Kelly, O'Sullivan, Walsh, Smith, O'Brien, Byrne, Ryan, O'Connor, O'Neill, O'Reilly, Doyle, McCarthy,
		Gallagher, O'Doherty, Kennedy, Lynch, Murray, Quinn, Moore, McLoughlin, O'Carroll, Connolly, Daly, O'Connell,
		Wilson, Dunne, Brennan, Burke, Collins, Ní Bhriain, Mac Giolla, Hennessy, Kavanagh, Tierney, Breathnach`,
	nicks: `Patrick=Pat Paddy, Michael=Mick, John=Johnny, Thomas=Tom, Joseph=Joe, Christopher=Christy, Margaret=Peggy,
		Bridget=Bríd Biddy, Catherine=Kate, Kathleen=Kay, Bernadette=Bernie, Gerard=Ger, Fionnuala=Nuala`,
	cities: `Dublin:D0# @#@#, Cork:T12 @#@#, Galway:H91 @#@#, Limerick:V94 @#@#, Waterford:X91 @#@#, Sligo:F91 @#@#`,
	streets: `O'Connell Street, Main Street, Shannon View, Chapel Hill, The Quay, Bridge Street, Oak Park, Castle Road,
		Abbey Lane, Seaview Terrace, Hazel Court, Mill Lane`,
	// Numbers for drama, set aside by ComReg.
	phones: `+353 20 91# ####`,
	titles: `Dr, Prof, Fr`,
	legal:  `CLG, CLG, DAC`,
}

var america = spec{
	country: "US", language: "en", share: 100, married: 65, form: "{n} {s}", unit: " Apt {k}{l}",
	male: `Robert, Richard, Donald, Gerald, Larry, Ronald, Gary, Dennis, Jerry, Douglas, Gregory, Lawrence, Steven,
		Jeffrey, Scott, Todd, Timothy, Kevin, Eric, Brian, Jason, Travis, Joshua, Justin, Brandon, Tyler, Kyle,
		Marcus, Andre, Zachary, Ethan, Mason, Logan, Caleb, Isaiah, Liam, Jayden, Wyatt`,
	female: `Betty, Dorothy, Shirley, Barbara, Carolyn, Judith, Sharon, Linda, Brenda, Cheryl, Deborah, Pamela, Cynthia,
		Kimberly, Tammy, Lisa, Michelle, Angela, Tiffany, Heather, Amber, Crystal, Megan, Brittany, Ashley, Kayla,
		Jasmine, Alexis, Taylor, Madison, Abigail, Olivia, Ava, Harper, Nevaeh, Luna`,
	family: `Smith, Johnson, Williams, Brown, Jones, Garcia, Miller, Davis, Rodriguez, Martinez, Hernandez, Lopez,
		Gonzalez, Wilson, Anderson, Thomas, Taylor, Moore, Jackson, Martin, Lee, Perez, Thompson, White, Harris,
		Sanchez, Clark, Ramirez, Lewis, Robinson, Walker, Young, Allen, King, Wright, Scott, Torres, Nguyen, Hill,
		Flores, Green, Adams, Nelson, Baker, Hall, Rivera, Campbell, Mitchell, Carter, Roberts, Van Buskirk,
		Kowalczyk, Washington-Price, Begay, Yamada, Cohen, Okonkwo`,
	nicks: englishNicks,
	cities: `Boston:021##, Portland:972##, Austin:787##, Chicago:606##, Denver:802##, Seattle:981##, Atlanta:303##,
		Minneapolis:554##, Baltimore:212##, Tucson:857##, Madison:537##`,
	streets: `Maple Street, Oak Avenue, 2nd Street, Washington Avenue, Cedar Lane, Lakeview Drive, Elm Street,
		Sunset Boulevard, Pine Street, River Road, Hickory Court, Franklin Street, Prairie Way, Juniper Trail`,
	// 555-0100 to 555-0199 are kept for fiction in every area code.
	phones: `+1 617 555 01##, +1 503 555 01##, +1 512 555 01##, +1 312 555 01##, +1 303 555 01##, +1 206 555 01##,
		+1 404 555 01##, +1 612 555 01##`,
	titles: `Dr., Dr., Prof., Rev.`,
	legal:  `501(c)(3), 501(c)(3), Inc.`,
}
