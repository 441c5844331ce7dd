"""Sixty invented records with the traits that make Chinese searching hard."""

from catalog.search.protocol import Document

_ROWS = """
水稻病虫害绿色防控图谱|王本辉|农业出版社|2024|S435.11|general|水稻;病虫害|稻飞虱、稻瘟病的识别与防治
柑橘病虫害诊断手册|李国栋|农业出版社|2019|S436.66|general|柑橘|黄龙病怎么认
果树修剪一看就懂|陈文胜|科技出版社|2021|S660.5|general|果树|苹果梨桃的冬剪夏剪
养鸡场疫病防治|赵志刚|农业出版社|2018|S858.31|general|养鸡;疫病|
山羊高效养殖技术|刘桂兰|科技出版社|2022|S826|general|山羊|圈舍、饲料与防疫
大棚蔬菜种植问答|孙立新|农业出版社|2023|S626.5|general|大棚;蔬菜|
茶叶加工与品鉴|周子明|轻工出版社|2017|TS272|general|茶叶|绿茶红茶的炒制
食用菌栽培入门|吴德才|科技出版社|2020|S646|general|食用菌|香菇平菇木耳
农机维修百例|郑大力|机械出版社|2016|S232|general|农机|拖拉机和收割机
鱼塘管理与水质调控|冯水生|农业出版社|2021|S96|general|养鱼|
红楼梦|曹雪芹|人民文学社|1996|I242.4|general|古典小说|贾宝玉与林黛玉
红楼梦人物谈|蒋和生|文艺出版社|2008|I207.411|general|红楼梦;研究|
三国演义|罗贯中|人民文学社|1998|I242.4|general|古典小说|
三国演义:少年版|罗贯中 原著|少儿出版社|2015|I287.4|children|古典小说|
水浒传|施耐庵|人民文学社|1997|I242.4|general|古典小说|
西游记|吴承恩|人民文学社|1999|I242.4|general|古典小说|孙悟空
西游记图画书|画家小组|少儿出版社|2020|I287.8|children|图画书|
平凡的山路|路望川|青年出版社|2009|I247.5|general|长篇小说|黄土高原上的年轻人
活在乡间|余华生|作家出版社|2012|I247.5|general|长篇小说|
无人的渡口|阿加莎|译文出版社|2014|I561.45|general|侦探小说|
绿色的田野|吕思源|少儿出版社|2022|I287.5|children|童话|
小兔子的菜园|安妮|少儿出版社|2023|I287.8|children|图画书|
十万个为什么|编写组|少儿出版社|2013|Z228.1|children|科普|
昆虫漫步|法布尔|少儿出版社|2011|Q96|children|昆虫|
夜空里的星星|秦天明|少儿出版社|2018|P1|children|天文|
小学数学应用题|教研组|教育出版社|2022|G624.5|children|数学|
高中物理竞赛教程|沈思远|教育出版社|2020|G634.7|youth|物理|
少年维权手册|马律师|法律出版社|2021|D922.7|youth|法律|
民法典与农村生活|杨立新|法律出版社|2021|D923|general|民法|宅基地、婚姻与继承
农村宅基地法律问答|钱正义|法律出版社|2019|D922.3|general|宅基地|
乡村振兴战略百问|陈文胜|党建出版社|2024|F320|general|乡村振兴|
合作社财务管理|高明远|经济出版社|2018|F321.42|general|合作社|
直播卖货新手课|林晓婷|电商出版社|2023|F713.36|general|电商|
家庭用药一本通|赵志刚|卫生出版社|2020|R97|general|用药|
高血压怎么吃|何医生|卫生出版社|2019|R544.1|elders|高血压|
老年人健身操|体育组|体育出版社|2016|G831|elders|健身|
太极拳入门|陈小旺|体育出版社|2012|G852.11|elders|太极拳|
手机使用大字版|编写组|电子出版社|2022|TN929|elders|手机|
广场舞教程|舞协|音像出版社|2017|J722.2|elders|舞蹈|
象棋残局妙手|胡一鸣|体育出版社|2010|G891.2|general|象棋|
二胡演奏教程|阿炳|音乐出版社|2008|J632.21|general|二胡|
剪纸技法|高凤莲|美术出版社|2014|J528.1|general|剪纸|
唐诗三百首注析|蘅塘|古籍出版社|2005|I222.742|general|唐诗|
宋词鉴赏|夏承焘|古籍出版社|2004|I207.23|general|宋词|
重庆火锅底料|张厨师|轻工出版社|2021|TS972|general|火锅|
旅行的意义|吕小行|旅游出版社|2019|K928.9|general|旅行|
中国近代史纲|陈旭|历史出版社|2001|K25|general|近代史|
县志编修手册|方志办|方志出版社|2003|K29|general|县志|
Python编程从零开始|马修|电子出版社|2022|TP311.56|general|程序设计;Python|
C++程序设计|谭浩|电子出版社|2015|TP312|general|程序设计;C++|
Word办公应用|编写组|电子出版社|2016|TP391.12|general|办公软件|
电工基础|薛电工|机械出版社|2011|TM1|general|电工|
木工手艺|鲁师傅|轻工出版社|2013|TS65|general|木工|
农村自建房图集|建工组|建筑出版社|2020|TU241.4|general|自建房|
沼气池建造|能源办|能源出版社|2007|S216.4|general|沼气|
心理学入门|弗洛伊|社科出版社|2013|B84|general|心理学|
论语今读|杨伯|古籍出版社|2006|B222.2|general|论语|
留守儿童心理关怀|童心|社科出版社|2018|B844.1|general|留守儿童|
家谱修撰指南|宗亲会|方志出版社|2009|K820.9|general|家谱|
月子餐与婴儿辅食|育儿组|卫生出版社|2023|TS972.1|general|育儿|
"""


def _document(number: int, row: str) -> Document:
    title, creators, publisher, year, clc, audience, subjects, summary = row.split("|")
    return Document(
        bib_id=number,
        title=title,
        creators=creators,
        publisher=publisher,
        year=int(year),
        clc=clc,
        audience=audience,
        subjects=subjects,
        summary=summary,
        isbns=(isbn(number),),
        popularity=float(number * 7 % 11),
        branch_ids=(1, *((2,) if number % 3 == 0 else ()), *((3,) if number % 5 == 0 else ())),
    )


def isbn(number: int) -> str:
    """Return an invented but valid ISBN."""
    body = f"978711{number:06d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10
    return f"{body}{check}"


DOCUMENTS = tuple(_document(n, row) for n, row in enumerate(_ROWS.strip().splitlines(), 1))
"""Every record stands in branch 1, every third also in branch 2, every fifth in branch 3."""

BY_TITLE = {document.title: document for document in DOCUMENTS}
