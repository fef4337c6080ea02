"""The mAP of PASCAL VOC, which states which of its two definitions was used."""

import numpy as np
from mmdet.evaluation import VOCMetric, eval_map
from mmengine.logging import MMLogger

from ..registry import METRICS

MODES = {'11points': 'VOC07, 11 points', 'area': 'VOC12, area under the curve'}


@METRICS.register_module()
class VOCStyleMetric(VOCMetric):
    """mmdet's ``VOCMetric`` for any classes, with the mode and the AP of each class.

    The numbers are those of mmdet, which counts widths as ``x2 - x1 + 1``. Besides
    ``pascal_voc/mAP`` and ``pascal_voc/AP50``, the results hold ``pascal_voc/AP_<class>`` (the mean
    over ``iou_thrs``) for each class of which the split has an object. A class without an object
    has no AP and does not count towards the mean.

    The arguments are those of ``VOCMetric``. ``eval_mode`` is ``'11points'``, the default, for the
    mean of the precisions at recalls 0, 0.1, ..., 1 (VOC07), or ``'area'`` for the area under the
    precision-recall curve (VOC12). ``iou_thrs`` defaults to 0.5.
    """

    def compute_metrics(self, results: list) -> dict[str, float]:
        if self.metric != 'mAP':
            return super().compute_metrics(results)
        logger = MMLogger.get_current_instance()
        classes = self.dataset_meta['classes']
        annotations, detections = zip(*results, strict=True)
        means, by_class = [], []
        for threshold in self.iou_thrs:
            mean, per_class = eval_map(
                detections,
                annotations,
                scale_ranges=self.scale_ranges,
                iou_thr=threshold,
                dataset=classes,
                logger=logger,
                eval_mode=self.eval_mode,
                use_legacy_coordinate=True,
            )
            logger.info(f'mAP {mean:.3f} at IoU {threshold} ({MODES[self.eval_mode]})')
            means.append(mean)
            by_class.append([result['ap'] for result in per_class])
        report = {'mAP': float(np.mean(means))}
        for threshold, mean in zip(self.iou_thrs, means, strict=True):
            report[f'AP{int(threshold * 100):02d}'] = round(mean, 3)
        for index, name in enumerate(classes):
            if per_class[index]['num_gts'] > 0:
                report[f'AP_{name}'] = float(np.mean([aps[index] for aps in by_class]))
        return report
