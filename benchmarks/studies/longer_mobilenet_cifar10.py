"""IC-MobileNet as in longer_scratch_cifar10.py; not all seeds are trained yet."""

import longer_scratch_cifar10
import screen_scratch_cifar10

common = longer_scratch_cifar10.common
rows = {label: screen_scratch_cifar10.rows[label] for label in ('MobileNet', 'IC-MobileNet')}
