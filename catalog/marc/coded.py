"""The coded data of both flavours: 100$a and 101 of CNMARC, 008 of MARC 21.

```
100$a  20240301 d 2023      m   y 0 chi y 50      ea
       entered  │ date1/2   │   │   │   │ character sets, script
                └ kind      └ audience  └ language of cataloguing
008    240301 s 2023         cc            j      000 0 chi d
       entered│ date1/2      country       audience     language
```
"""

from catalog.marc.record import Field, Record, data_field

_KIND_TO_008 = {"a": "c", "b": "d", "c": "u", "d": "s", "e": "r", "f": "q", "g": "m", "h": "t"}
_KIND_TO_100 = {new: old for old, new in _KIND_TO_008.items()}
_AUDIENCE_TO_008 = {"a": "j", "b": "a", "c": "b", "d": "c", "e": "d", "k": "f", "m": "e"}
_AUDIENCE_TO_100 = {"a": "b", "b": "c", "c": "d", "d": "e", "e": "m", "f": "k", "g": "m", "j": "a"}
_COUNTRIES = {"CN": "cc ", "US": "xxu", "GB": "xxk", "JP": "ja ", "FR": "fr ", "DE": "gw ", "TW": "ch ", "HK": "cc "}


def to_008(record: Record) -> str:
    """Return the 40 characters of 008 for a CNMARC record."""
    coded = record.text("100", "a").ljust(36)
    language = (record.text("101", "a") or "und")[:3]
    # An adult code among several means everybody, which MARC 21 has one position for.
    audience = next((code for code in coded[17:20] if code in "km"), coded[17:18])
    entered = coded[2:8] if coded[:8].strip().isdigit() and len(coded[:8].strip()) == 8 else "      "
    country = _COUNTRIES.get(record.text("102", "a")[:2], "xx ")
    return (
        f"{entered}{_KIND_TO_008.get(coded[8:9], 'n')}{coded[9:17]}{country}    "
        f"{_AUDIENCE_TO_008.get(audience, ' ')}{'':6}000 0 {language} d"
    )


def to_100(record: Record) -> list[Field]:
    """Return 100 for a MARC 21 record, and 101 when it has no 041 to be made of."""
    fixed = record.control("008").ljust(40)
    year = fixed[:2]
    century = "20" if year.isdigit() and int(year) < 60 else "19"
    entered = f"{century}{fixed[:6]}" if fixed[:6].isdigit() else "        "
    audience = _AUDIENCE_TO_100.get(fixed[22:23], "u")
    coded = f"{entered}{_KIND_TO_100.get(fixed[6:7], 'u')}{fixed[7:15]}{audience:3}y0chiy50      ea"
    fields = [data_field("100", "  ", ("a", coded))]
    language = fixed[35:38].strip(" |")
    if language and not record.text("041", "a"):
        fields.append(data_field("101", "0 ", ("a", language)))
    return fields
