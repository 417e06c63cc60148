"""Where Linden keeps its goods: cities, distribution centres, stores and dealers."""

from typing import Any, NamedTuple


class City(NamedTuple):
    """A city with its division code and the coordinates of its centre (WGS 84)."""

    code: str
    name: str
    latitude: float
    longitude: float
    province: tuple[str, str]


CITIES = [
    City("310100", "上海 Shanghai", 31.23, 121.47, ("310000", "上海 Shanghai")),
    City("110100", "北京 Beijing", 39.90, 116.41, ("110000", "北京 Beijing")),
    City("440100", "广州 Guangzhou", 23.13, 113.26, ("440000", "广东 Guangdong")),
    City("440300", "深圳 Shenzhen", 22.54, 114.06, ("440000", "广东 Guangdong")),
    City("510100", "成都 Chengdu", 30.57, 104.07, ("510000", "四川 Sichuan")),
    City("330100", "杭州 Hangzhou", 30.27, 120.16, ("330000", "浙江 Zhejiang")),
    City("330200", "宁波 Ningbo", 29.87, 121.55, ("330000", "浙江 Zhejiang")),
    City("320100", "南京 Nanjing", 32.06, 118.80, ("320000", "江苏 Jiangsu")),
    City("320500", "苏州 Suzhou", 31.30, 120.59, ("320000", "江苏 Jiangsu")),
    City("420100", "武汉 Wuhan", 30.59, 114.31, ("420000", "湖北 Hubei")),
    City("610100", "西安 Xi'an", 34.34, 108.94, ("610000", "陕西 Shaanxi")),
    City("500100", "重庆 Chongqing", 29.56, 106.55, ("500000", "重庆 Chongqing")),
    City("120100", "天津 Tianjin", 39.13, 117.20, ("120000", "天津 Tianjin")),
    City("370200", "青岛 Qingdao", 36.07, 120.38, ("370000", "山东 Shandong")),
    City("370100", "济南 Jinan", 36.65, 117.12, ("370000", "山东 Shandong")),
    City("410100", "郑州 Zhengzhou", 34.75, 113.63, ("410000", "河南 Henan")),
    City("430100", "长沙 Changsha", 28.23, 112.94, ("430000", "湖南 Hunan")),
    City("350200", "厦门 Xiamen", 24.48, 118.09, ("350000", "福建 Fujian")),
    City("210100", "沈阳 Shenyang", 41.80, 123.43, ("210000", "辽宁 Liaoning")),
    City("530100", "昆明 Kunming", 24.88, 102.83, ("530000", "云南 Yunnan")),
]
DC_CITIES = ["310100", "110100", "440100", "510100"]
DC_CODES = {"310100": "DC-SH", "110100": "DC-BJ", "440100": "DC-GZ", "510100": "DC-CD"}
DEALERS = [
    ("DLR-HZ", "330100", "西湖服饰 Westlake Apparel"),
    ("DLR-NB", "330200", "甬江贸易 Yongjiang Trading"),
    ("DLR-NJ", "320100", "金陵衣品 Jinling Fashion"),
    ("DLR-SZ", "320500", "姑苏商贸 Gusu Commerce"),
    ("DLR-QD", "370200", "海岸服装 Coast Clothing"),
    ("DLR-XM", "350200", "鹭岛时装 Egret Fashion"),
]
STORE_STREETS = ["中心店 Central", "广场店 Plaza", "万象店 Mixc", "老街店 Old Street"]
STORE_COUNT = 40


def regions() -> list[dict[str, Any]]:
    """Provinces and cities, parents first."""
    provinces = {city.province[0]: city for city in CITIES}
    return [
        {
            "code": code,
            "name": city.province[1],
            "level": "province",
            "parent": None,
            "latitude": city.latitude,
            "longitude": city.longitude,
        }
        for code, city in provinces.items()
    ] + [
        {
            "code": city.code,
            "name": city.name,
            "level": "city",
            "parent": city.province[0],
            "latitude": city.latitude,
            "longitude": city.longitude,
        }
        for city in CITIES
    ]


def warehouses() -> list[dict[str, Any]]:
    """Every place, as the network document writes it."""
    return [*map(_centre, DC_CITIES), *map(_store, range(STORE_COUNT)), *map(_dealer, DEALERS)]


def store_codes() -> list[str]:
    """Codes of the stores."""
    return [f"ST-{number + 1:03d}" for number in range(STORE_COUNT)]


def _city(code: str) -> City:
    return next(city for city in CITIES if city.code == code)


def _centre(city_code: str) -> dict[str, Any]:
    code, city = DC_CODES[city_code], _city(city_code)
    statuses = [("good", True, 2), ("defective", False, 0), ("inspection", False, 0), ("staging", True, 0)]
    return {
        **_place(code, f"{city.name} 配送中心 DC", "dc", city),
        "daily_capacity": 6000,
        "cutoff": "16:00",
        "handling_fee": "2.50",
        "functional": [
            {"code": f"{code}-{status.upper()}", "status": status, "sellable": sellable, "safety_stock": safety}
            for status, sellable, safety in statuses
        ],
    }


def _store(number: int) -> dict[str, Any]:
    code, city = store_codes()[number], CITIES[number % len(CITIES)]
    name = f"{city.name} {STORE_STREETS[number // len(CITIES) % len(STORE_STREETS)]}"
    # Stores of one city lie a few kilometres apart.
    place = _place(code, name, "store", city)
    place["latitude"] = round(city.latitude + 0.03 * (number // len(CITIES)), 4)
    return {
        **place,
        "pickup": True,
        "daily_capacity": 60,
        "cutoff": "20:00",
        "handling_fee": "4.00",
        "functional": [
            {"code": f"{code}-GOOD", "status": "good", "sellable": True, "safety_stock": 1},
            {"code": f"{code}-DEFECTIVE", "status": "defective", "sellable": False, "safety_stock": 0},
        ],
    }


def _dealer(dealer: tuple[str, str, str]) -> dict[str, Any]:
    code, city_code, name = dealer
    return {
        **_place(code, name, "dealer", _city(city_code)),
        "daily_capacity": 200,
        "cutoff": "17:00",
        "handling_fee": "3.00",
        "functional": [{"code": f"{code}-GOOD", "status": "good", "sellable": True, "safety_stock": 0}],
    }


def _place(code: str, name: str, kind: str, city: City) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "active": True,
        "region": city.code,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "ships": True,
        "pickup": False,
    }
