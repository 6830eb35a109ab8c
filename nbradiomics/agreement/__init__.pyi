from .compare import (
    compare_both_ways as compare_both_ways,
    compare_masks as compare_masks,
    compare_regions as compare_regions,
    comparison_status as comparison_status,
)
from .distance_map import signed_distance_map as signed_distance_map
from .field import WHOLE_IMAGE as WHOLE_IMAGE, Field as Field
from .metrics import METRICS as METRICS
