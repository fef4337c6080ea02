from .._requirements import require

require('mmdet')
