"""Space-time clusters: where and when there were more cases than place and time explain (Kulldorff's scan statistic).

`scan(cases, settings)` is all that others need. It reads arrays, writes nothing, and knows nothing of Django.
"""

from linli.insight.scan.clusters import scan
from linli.insight.scan.data import Cases, Cluster, Places, Population, Settings, Unscannable

__all__ = ["Cases", "Cluster", "Places", "Population", "Settings", "Unscannable", "scan"]
