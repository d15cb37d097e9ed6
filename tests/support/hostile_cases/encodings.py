"""Encodings and line ends."""

from hostile_cases import reads, refused, table

TABLE = table("ACGT,1", "ACGG,2.5")
READ = {"ACGT": 1, "ACGG": 2.5}
KD = "sequence,Kd\nACGT,1 µM\nACGG,5 nM\n"
KD_READ = {"ACGT": 1000, "ACGG": 5}

ENCODINGS = [
    reads(
        "bom.csv",
        "a UTF-8 byte order mark, as in Excel's CSV UTF-8",
        b"\xef\xbb\xbf" + TABLE.encode(),
        READ,
    ),
    reads(
        "bom-quoted.csv",
        "a byte order mark before a quoted header",
        '\ufeff"sequence","score"\n"ACGT","1"\n"ACGG","2.5"\n',
        READ,
    ),
    reads(
        "utf16.csv",
        "UTF-16 with its mark, as in Excel's Unicode text",
        TABLE.replace(",", "\t").encode("utf-16"),
        READ,
    ),
    reads(
        "utf16be.csv",
        "UTF-16 in the other byte order, with its mark",
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        READ,
    ),
    refused(
        "utf16-bare.csv",
        "UTF-16 without its mark",
        TABLE.encode("utf-16-le"),
        "utf16-bare.csv, line 1: a NUL byte: a binary file, or text in UTF-16 without its mark"
        " (then say encoding: utf-16-le)",
    ),
    refused(
        "utf16be-bare.csv",
        "UTF-16 without its mark, in the other byte order",
        TABLE.encode("utf-16-be"),
        "say encoding: utf-16-be",
    ),
    reads(
        "utf16-said.csv",
        "the same, with the encoding given",
        TABLE.encode("utf-16-be"),
        READ,
        options="--encoding utf-16-be",
    ),
    refused(
        "utf16-cut.csv",
        "UTF-16 cut in the middle of a character",
        TABLE.encode("utf-16")[:-1],
        "utf16-cut.csv, line 3: byte 0x0a is not UTF-16",
    ),
    reads("utf32.csv", "UTF-32 with its mark", TABLE.encode("utf-32"), READ),
    refused(
        "cp1252.csv",
        "µ as Windows writes it (cp1252)",
        KD.encode("cp1252"),
        "cp1252.csv, line 2: byte 0xb5 is not UTF-8 text",
        better=None,
    ),
    reads(
        "cp1252-said.csv",
        "the same, with the encoding given",
        KD.encode("cp1252"),
        KD_READ,
        {},
        better=None,
        options="--encoding cp1252",
    ),
    reads(
        "mojibake.csv",
        "UTF-8 read as cp1252, so that µ becomes Âµ",
        KD + "AAAA,7 nM\n",
        {"ACGG": 5, "AAAA": 7},
        {2: "not a Kd: '1 ÂµM'"},
        better=None,
        options="--encoding cp1252",
    ),
    reads(
        "greek-mu.csv",
        "both signs for micro, µ and Greek μ",
        KD + "AAAA,2 μM\n",
        {**KD_READ, "AAAA": 2000},
        {},
        better=None,
    ),
    refused(
        "latin1.csv",
        "a Latin-1 comment far below",
        (TABLE + "AAAA,3,Größe\n").encode("latin-1"),
        "latin1.csv, line 4: byte 0xf6 is not UTF-8",
    ),
    refused(
        "broken-utf8.csv",
        "a byte that is not UTF-8, after a byte order mark",
        b"\xef\xbb\xbf" + TABLE.encode() + b"AC\xffG,3\n",
        "broken-utf8.csv, line 4: byte 0xff is not UTF-8",
    ),
    refused(
        "cut-utf8.csv",
        "cut in the middle of a character",
        KD.encode()[: KD.encode().index(b"\xb5")],
        "cut-utf8.csv, line 2: byte 0xc2 is not UTF-8",
        better=None,
    ),
    refused(
        "old-mac.csv",
        "not UTF-8, lines ended by CR",
        "sequence,Kd\rACGT,1 µM\r".encode("mac_roman"),
        "old-mac.csv, line 2: byte 0xb5",
        better=None,
    ),
    refused(
        "unknown.csv",
        "an encoding that does not exist",
        TABLE,
        "encoding 'utf-9' is not known",
        options="--encoding utf-9",
    ),
    refused(
        "not-text.csv",
        "an encoding that is not for text",
        TABLE,
        "encoding 'rot13' is not known",
        options="--encoding rot13",
    ),
    refused(
        "halves.csv",
        "an encoding that produces half characters",
        table("ACGT,1", "AC+2AA-,2"),
        "halves.csv, line 3: half a character",
        options="--encoding utf-7",
    ),
    refused(
        "nul.csv",
        "a NUL byte in a field",
        table("ACGT,1", "AC\0GG,2"),
        "nul.csv, line 3: a NUL byte",
    ),
    refused(
        "disk.csv",
        "a file of zeros, as left by a full disk",
        bytes(300),
        "disk.csv, line 1: a NUL byte",
    ),
]

LINES = [
    reads("crlf.csv", "Windows line ends", TABLE.replace("\n", "\r\n"), READ),
    reads("cr.csv", "old Mac line ends (CR)", TABLE.replace("\n", "\r"), READ),
    reads(
        "mixed.csv",
        "all three line ends in one file",
        "sequence,score\r\nACGT,1\rACGG,2.5\nAXG,3\r\n",
        READ,
        {4: "not a base: 'X'"},
    ),
    reads("crcrlf.csv", "line ends converted twice", TABLE.replace("\n", "\r\r\n"), READ),
    reads("no-end.csv", "no line end after the last line", TABLE.rstrip(), READ),
    reads(
        "blank.csv",
        "blank lines between the rows",
        "\n\nsequence,score\n\nACGT,1\n  \n,\nACGG,2.5\nX,1\n\n",
        READ,
        {9: "not a base"},
    ),
    reads(
        "separator.csv",
        "a Unicode line separator in a field",
        table("ACGT,1,a\u2028b", "ACGG,2.5,c", header="sequence,score,note"),
        READ,
    ),
    reads(
        "form-feed.csv",
        "a form feed at the end of a page",
        TABLE + "\f\nACTT,3\n",
        {**READ, "ACTT": 3},
    ),
]

CASES = [*ENCODINGS, *LINES]
