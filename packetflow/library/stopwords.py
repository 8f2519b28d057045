"""Frequent small words of twelve languages: to tell a language, and to leave them out."""

# ruff: noqa: RUF001 - the words are spelled as their languages spell them

from __future__ import annotations

from types import MappingProxyType

_WORDS = {
    "en": """the of and to a in is it you that he was for on are with as his they be at one have
        this from or had by but not what all were we when your can there an which she do how their
        if will up about out then them these so her would him has more no way could my than been
        who its did get into our over such only other also any after most us because between both
        very some just where while those being through during before should each same own too
        does against under again here why off down once until i""",
    "de": """der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch
        es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so
        zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn kann ich wir ihr
        mein kein wo was hier schon sehr immer ihre unser doch diese dieser""",
    "fr": """de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce
        il sont avec ils mais comme ou si leur y dont aux ces elle son nous vous je tu cette été
        être avoir fait même aussi très où sans sous entre était ont tout tous notre votre leurs
        mon ma mes on lui c'est d'un d'une l'on qu'il chez""",
    "es": """de la que el en y a los se del las un por con no una su para es al lo como más o pero
        sus le ha me si sin sobre este ya entre cuando todo esta ser son dos también fue había era
        muy años hasta desde está mi porque qué sólo han yo hay vez puede todos así nos ni parte
        tiene él uno donde bien ellos nosotros ella estos""",
    "it": """di e il la che in a un è per una non sono del si con i le da al come più ha dei della
        anche nel alla lo ma gli su se delle questo o ho era mi nella dal ci cui io loro essere
        sua suo tutti stato quando molto dopo due fra tra così degli ai ed quella questa abbiamo
        perché dove ogni noi lei l'ha c'è dell'anno all'inizio""",
    "pt": """de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi
        ao ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até
        isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha
        foram essa num nem suas meu às minha têm numa nós são""",
    "nl": """de van een het en in is dat op te zijn met voor die niet aan er om ook als dan bij nog
        uit maar door over naar ze hij was wordt tot heeft werd hebben kan of we wel geen zou moet
        meer worden al kunnen haar deze hun ik je dit daar toen zo mijn onze veel waar wat""",
    "sv": """och i att det som en på är av för med den till inte har de om ett han men var jag från
        vi så kan när år under också efter eller nu sin där vid mot ska skulle kommer ut får finns
        vara hade alla andra mycket än här då sig hon mer över bara mig dem detta vår""",
    "pl": """w i na z się do nie że o jest to jak po za od przez a dla ma tym co są ale był przy
        może oraz jego tylko czy już ich być także które który która tego jej bardzo ten ta było
        tak lub nad pod jako kiedy gdy we ze mnie nas nam jeszcze będzie więc sobie""",
    "tr": """ve bir bu da de için ile çok olarak daha gibi kadar en o ne ama var olan sonra değil
        her ben mi ki biz veya şu olduğu ise yok göre tarafından önce bana onun yeni iki zaman
        kendi hem ya diye şey nasıl bütün benim içinde bunu üzerinde""",
    "fi": """ja on ei se että oli hän en mutta ovat kun niin myös jos kuin sen joka mitä tämä ole
        ne olen minä sitä vain mukaan nyt tai he me hänen sekä jo ollut jotka mikä siitä tässä
        hyvin kaikki vielä noin jälkeen voi olla mun kanssa ennen jossa sitten koska""",
    "cs": """a se v na je že s z do o to i k ve pro za by ale si po jako od jsou které který která
        tak už jen podle nebo byl jeho však aby jsem být bylo má když také před své co než až
        mezi pod tím jsme může další není této při kde ještě velmi""",
}

STOPWORDS = MappingProxyType(
    {language: frozenset(text.split()) for language, text in _WORDS.items()}
)
"""For each language (ISO 639-1), its frequent small words in lower case."""
