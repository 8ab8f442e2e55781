"""English words that vocabulary_substitution knows: which it keeps, which it must not invent."""

_FUNCTION_WORDS = """
a about above across after again against ago ahead all almost along already also although always
am among amongst an and another any anybody anyone anything anywhere apart are around as aside at
away back be because been before behind being below beneath beside besides between beyond both but
by can cannot could did do does doing done down during each either else enough etc even ever every
everybody everyone everything everywhere except far few fewer for from further had has have having
he hence her here hers herself him himself his how however i if in indeed inside instead into is it
its itself just least less let like likely many may maybe me might mine more moreover most much
must my myself near nearly neither never nevertheless no nobody none nor not nothing now nowhere of
off often on once one only onto or other others otherwise ought our ours ourselves out outside over
own per perhaps please quite rather really same several shall she should since so some somebody
someone something sometimes somewhere soon still such than that the their theirs them themselves
then there therefore these they this those though through throughout thus till to together too
toward towards under underneath unless until unlike up upon us very via was we were what whatever
when whenever where whereas wherever whether which whichever while who whoever whole whom whose why
will with within without would yes yet you your yours yourself yourselves
"""

_NUMBER_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
hundreds thousand thousands million millions billion billions trillion dozen dozens half halves
quarter quarters third thirds fourth fourths fifth fifths sixth seventh eighth ninth tenth tenths
hundredth first second once twice thrice double triple percent
"""

# Short words are what a pseudo-word would most likely hit by chance.
_SHORT_WORDS = """
ad ah ax ed eh em en ex go ha hi ho id la lo ma mu oh ok ow ox pa pi re sh ti uh um un wo ya ye yo
ace act add ado ads age aid ail aim air ale alp ant ape apt arc ark arm art ash ask ate auk awe awl
axe aye bad bag ban bar bat bay bed bee beg bet bib bid big bin bit boa bob bog boo bop bow box boy
bra bud bug bum bun bus buy bye cab cad cam cap car cat caw cob cod cog con coo cop cot cow coy cry
cub cud cue cup cur cut dab dad dam day deb den dew did die dig dim din dip doe dog don dot dry dub
dud due dug duo dye ear eat ebb eel egg ego elf elk elm emu end eon era eve ewe eye fab fad fan fat
fax fed fee fen fib fig fin fir fit fix flu fly fob foe fog fox fry fun fur gab gag gal gap gas gay
gel gem get gig gin gnu gob god got gum gun gut guy gym hag ham hat hay hem hen hew hex hid hip hit
hob hoe hog hop hot hub hue hug hum hut ice icy ill imp ink inn ion ire irk ivy jab jag jam jar jaw
jay jet jig job jog jot joy jug jut keg ken key kid kin kit lab lad lag lap law lax lay lea led lee
leg lid lie lip lit lob log lop lot low lug mad man map mar mat maw men met mid mix mob mop mud mug
mum nab nag nap net new nib nil nip nit nod nun nut oak oar oat odd ode oil old opt orb ore ova owe
owl pad pal pan par pat paw pay pea peg pen pep per pet pew pie pig pin pip pit ply pod pop pot pry
pub pug pun pup pus put rag ram ran rap rat raw ray red rep rib rid rig rim rip rob rod roe rot row
rub rug rum run rut rye sad sag sap sat saw say sea see set sew sex shy sin sip sir sit ski sky sly
sob sod son sow soy spa spy sty sub sue sum sun tab tad tag tan tap tar tax tea ten tic tie tin tip
toe ton top tot tow toy try tub tug tun two use van vat vet vex vie vow wad wag war wax way web wed
wet wig win wit woe wok won woo wry yak yam yap yen yew zap zip zoo
able ache acid acre aged aide area army aunt axis baby bake bald ball band bank bare bark barn base
bath bead beak beam bean bear beat beef been beer bell belt bend bent best bike bill bind bird bite
blow blue boat body boil bold bolt bomb bond bone book boom boot bore born boss bowl bulk bull burn
bury bush busy cage cake call calm came camp cane cape card care cart case cash cast cave cell chat
chef chin chip city clan clap claw clay clip club clue coal coat code coin cold cole come cook cool
cope copy cord core cork corn cost cosy coup cove crab crew crop crow cube cure curl cute dame damp
dare dark dart data date dawn dead deaf deal dean dear debt deck deed deep deer deny desk dial dice
diet dime dine dirt disc dish dive dock doll dome doom door dose dove down drag draw drew drop drum
duck dude dull dumb dump dune dusk dust duty earl earn ease east easy echo edge edit epic euro evil
exam exit face fact fade fail fair fake fall fame fare farm fast fate fear feat feed feel feet fell
felt fern file fill film find fine fire firm fish fist flag flat flaw flea fled flee flew flip flow
foam fold folk fond food fool foot ford fork form fort foul four free frog fuel full fund fuse gain
gale game gang gate gave gaze gear gene gift girl give glad glow glue goal goat goes gold golf gone
good gown grab gray grew grey grid grim grin grip grow gulf hail hair hale hall halt hand hang hard
hare harm harp hate haul hawk head heal heap hear heat heel held hell help herb herd hero hide high
hike hill hint hire hold hole holy home hood hook hope horn hose host hour huge hull hung hunt hurt
icon idea idle idol inch iron isle item jail join joke jump jury keen keep kept kick kill kind king
kiss kite knee knew knit knot know lace lack lady laid lake lamb lame lamp land lane last late lawn
lazy lead leaf leak lean leap left lend lens lent lid life lift lime limb line link lion list live
load loaf loan lock loft logo lone long look loop lord lose loss lost loud love luck lump lung lure
made maid mail main make male mall malt mane mark mask mass mast mate math maze meal mean meat meet
melt memo menu mere mess mice mild mile milk mill mind mint miss mist moan mode mole mood moon moor
moral mouse move mule muse myth nail name navy neat neck need nest news next nice node noon norm
nose note noun nude oath obey odds oral oven pace pack page paid pain pair pale palm pane park part
pass past path pave peak pear peel peer pest pick pier pile pill pine pink pint pipe plan play plea
plot plug plum poem poet pole poll pond pony pool poor pope pork port pose post pour pray prey pull
pump pure push quit quiz race rack rage raid rail rain rank rare rate read real rear reef rent rest
rice rich ride ring riot ripe rise risk road roar robe rock rode role roll roof room root rope rose
rude ruin rule rush rust sack safe said sail sake sale salt sand sang save scan scar seal seat seed
seek seem seen self sell send sent shed ship shoe shop shot show shut sick side sigh sign silk sing
sink site size skin skip slam slap slip slow snap snow soak soap soar sock soda sofa soft soil sold
sole song sore sort soul soup sour spin spot star stay stem step stir stop suit sung sure surf swan
swap swim tail take tale talk tall tame tank tape task taxi team tear tell tend tent term test text
thin tide tidy tile till time tiny tire toad told toll tomb tone took tool torn tour town trap tray
tree trek trim trip true tube tuna tune turn twin type ugly unit user vain vase vast veil vein verb
vest vice view vine visa void vote wage wait wake walk wall wand want ward warm warn wash wave weak
wear week weep well went west whip wide wife wild wind wine wing wipe wire wise wish wolf wood wool
word wore work worm wrap yard yarn year yell zero zone
"""

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
NUMBER_WORDS = frozenset(_NUMBER_WORDS.split())
SHORT_WORDS = frozenset(_SHORT_WORDS.split())
