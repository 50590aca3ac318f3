"""One linear pass that cuts printed text into tokens. No token is ever read twice."""

from __future__ import annotations

import re

from grader.extract.numbers import BARS, HOLE, NUMBER

_CLOSED_NUMBER = rf"{NUMBER}(?!\w|\.\w|\[)"
_ELEMENT = rf"(?:['\"]?{NUMBER}['\"]?|\.\.\.|…)(?=[\s,;\]])"
_SEPARATOR = rf"(?:[ \t\xa0]*+(?:[,;&]|[{BARS}]{{1,3}}+)[ \t\xa0]*+|[ \t\xa0]++|(?={HOLE}))"
_INDEX = (
    r"\[[\w \t,:'\"+\-]{1,40}\]"
    r"|\([ ]?[0-9]{1,4}(?:[ ]?,[ ]?[0-9]{1,4}){0,3}[ ]?\)"
    r"|\{[^{}\n.]{0,20}\}"
    r"|\^\{[^{}\n]{0,20}\}|\^\([^()\n]{0,10}\)|\^\[[^\[\]\n]{0,10}\]|\^-?\w+"
)
_OPTION = r"(?:dtype|device|grad_fn|requires_grad|size|layout|shape|weak_type|_is_view|fill_value)"
_OPTION_VALUE = (
    r"(?:<[^<>\n]{0,200}>|'[^'\n]{0,80}'|\"[^\"\n]{0,80}\"|\([^()\n]{0,80}\)|\[[^\[\]\n]{0,80}\]"
    r"|torch,\w++|[\w.:]++)"
)

TOKEN = re.compile(
    rf"""
  (?P<space>[ \t\xa0]++)
| (?P<newline>\r\n|[\n\r\v\f\x85\u2028\u2029])
| (?P<ansi>\x1b(?:\[[0-?]*+[ -/]*+[@-~]|.))
| (?P<words>(?:(?!(?:Parameter|nan|NaN|NAN|inf|Inf|INF)\b)[A-Za-z]++[ ]){{2,}}+)
| (?P<noise>
      (?:torch\.)?Size\(\[[^\[\]\n]{{0,80}}\]\)
    | \[\d++[ ]rows[ ]x[ ]\d++[ ]columns\]
    | \[torch\.[\w.]*+Tensor[ ]of[ ]size[^\[\]\n]{{0,80}}\]
    | \d{{1,3}}%\|[^|\n\r]{{0,400}}\|(?:[ ]?[^\s\[]{{1,20}}[ ]\[[^\[\]\n\r]{{0,200}}\]|[^\n\r]{{0,200}})
    | \d++/\d++[ ]\[(?=[^\]\n\r]{{0,80}}[<=?])[^\]\n\r]{{0,80}}\]
    | <(?!tf\.)[A-Za-z/](?:(?![0-9]\.[0-9])[^<>\[\]\n]){{0,300}}>
    | <tf\.\w++(?:(?!numpy=)[^\n<>]){{0,200}}numpy=
    | 0x[0-9a-fA-F]++
    | \d{{4}}-\d\d-\d\d(?!\d)
    | \d{{1,2}}\.\d{{1,2}}\.\d{{2,4}}(?!\d)
    | \d{{1,2}}:\d\d(?::\d\d(?:\.\d++)?)?(?![\d.])
    | (?<=[ ]{{2}})\([\w.]{{1,60}}\):[ ](?!(?:Tensor|Array|DeviceArray|Parameter)\()[A-Z]\w*+\([^\n]{{0,400}}
  )
| (?P<maker>
      (?:Parameter[ ]containing:\s*+)?
      (?:(?:torch|np|numpy|jnp|tf)\.)?(?:tensor|Tensor|array|Array|DeviceArray|matrix|masked_array)\(
  )
| (?P<scalar>(?:(?:np|numpy)\.)?(?:float|int|uint|longdouble|half)\d*+_?\(\s*+{NUMBER}\s*+\))
| (?P<option>,?\s*+{_OPTION}=\s*+{_OPTION_VALUE})
| (?P<attached>(?<=[$)}}])\[\d{{1,4}}(?:[ ]?,[ ]?\d{{1,4}}){{0,3}}\](?=[ \t]*+[:=]?[ \t]*+[+\-]?[\d.]))
| (?P<row>\[\s*+(?:{_ELEMENT}[\s,;]*+)*+\])
| (?P<scale>
      {NUMBER}[ \t]*+\*[ \t]*+(?=\r?\n|\[|(?:torch\.|np\.|numpy\.)?(?:tensor|array)\()
    | [0-9]\.[0-9]{{1,9}}e[+\-][0-9]{{2,3}}[ ]\*[ ](?=[+\-]?[0-9])
  )
| (?P<run>{_CLOSED_NUMBER}(?:{_SEPARATOR}(?:{_CLOSED_NUMBER}|\.\.\.(?!\.)|…))*+)
| (?P<dots>\.\.\.+|…)
| (?P<word>(?:[^\W\d]\w*+|\d[\w.]*+)(?:\.\w++)*+(?:{_INDEX}|\.\w++|')*+)
| (?P<deep>[\[(\{{]{{33,}}+)
| (?P<open>[\[(\{{])
| (?P<close>[\])\}}])
| (?P<comma>,)
| (?P<quote>['"])
| (?P<other>[=*\#~_─━═—]{{2,}}+|-{{2,}}+(?![\d.])|.)
""",
    re.VERBOSE | re.DOTALL,
)
