"""A detector of mmdet as one graph of standard operators, from pixels to boxes.

mmdet's own post-processing takes Python's numbers where a graph needs tensors, and mmcv's NMS and
RoIAlign have no ONNX operator; torchvision's have one.
"""

import torch
from mmdet.models import BaseDetector, SingleStageDetector, TwoStageDetector
from mmdet.models.dense_heads import AnchorHead, ATSSHead, DDODHead, RPNHead
from mmdet.models.dense_heads.base_dense_head import BaseDenseHead
from mmdet.models.roi_heads import SingleRoIExtractor, StandardRoIHead
from mmdet.models.task_modules import DeltaXYWHBBoxCoder
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import nms, roi_align

from ..errors import InputError


class TracedDetector(nn.Module):
    """A detector that takes the pixels of one image and gives its detections.

    Args:
        detector: A one-stage detector with anchors, such as RetinaNet and SSD, or Faster R-CNN, in
            eval mode.
        source: The config of the detector, for the error.

    Raises:
        InputError: The detector has parts that are not covered.
    """

    def __init__(self, detector: BaseDetector, source: str) -> None:
        super().__init__()
        wrong = _not_covered(detector)
        if wrong:
            raise InputError(
                f'{source}: {wrong} cannot be exported as a whole; leave --whole out for the '
                'backbone, or give RetinaNet, SSD or Faster R-CNN'
            )
        self.detector = detector

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Detect the objects in an image.

        Args:
            image: Blue, green and red from 0 to 255, float of shape (1, 3, H, W).

        Returns:
            Boxes (left, top, right, bottom in pixels), float of shape (D, 4), scores, float of
            shape (D,), and classes, int64 of shape (D,), the highest score first.
        """
        edges = torch._shape_as_tensor(image)[[3, 2, 3, 2]].to(image)
        maps = self.detector.extract_feat(self._prepare(image))
        if isinstance(self.detector, TwoStageDetector):
            return self._second_stage(maps, self._proposals(maps, edges), edges)
        head = self.detector.bbox_head
        boxes, scores, labels = _dense(head, maps, edges)
        parts = (torch.cat(levels) for levels in (boxes, scores, labels))
        return _keep(*parts, head.test_cfg, edges)

    def _prepare(self, image: Tensor) -> Tensor:
        """What the data preprocessor does with one image."""
        prepare = self.detector.data_preprocessor
        if prepare._channel_conversion:
            image = image[:, [2, 1, 0]]
        if prepare._enable_normalize:
            image = (image - prepare.mean) / prepare.std
        height, width = image.shape[2:]
        step = prepare.pad_size_divisor
        pads = (0, (step - width % step) % step, 0, (step - height % step) % step)
        return F.pad(image, pads, value=float(prepare.pad_value))

    def _proposals(self, maps: tuple[Tensor, ...], edges: Tensor) -> Tensor:
        """The boxes of the first stage, (P, 4)."""
        head = self.detector.rpn_head
        boxes, scores, labels = _dense(head, maps, edges)
        levels = [torch.full_like(part, level) for level, part in enumerate(labels)]
        parts = (torch.cat(part) for part in (boxes, scores, levels))
        return _keep(*parts, head.test_cfg, edges)[0]

    def _second_stage(
        self, maps: tuple[Tensor, ...], boxes: Tensor, edges: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        roi_head = self.detector.roi_head
        head, extractor = roi_head.bbox_head, roi_head.bbox_roi_extractor
        rois = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)
        logits, deltas = head(_pool(extractor, maps[: extractor.num_inputs], rois))
        scores = logits.softmax(1)[:, :-1]
        classes = scores.shape[1]
        each = 1 if head.reg_class_agnostic else classes
        starts = boxes[:, None].expand(-1, each, 4).reshape(-1, 4)
        refined = head.bbox_coder.decode(starts, deltas.reshape(-1, 4))
        refined = _clip(refined, edges).reshape(-1, each, 4).expand(-1, classes, 4)
        labels = torch.arange(classes).expand_as(scores)
        cfg = roi_head.test_cfg
        return _keep(refined.reshape(-1, 4), scores.reshape(-1), labels.reshape(-1), cfg, edges)


def _not_covered(detector: BaseDetector) -> str:
    """The part of a detector that is not covered; empty if all are."""
    two = isinstance(detector, TwoStageDetector)
    if not two and not isinstance(detector, SingleStageDetector):
        return type(detector).__name__
    dense = detector.rpn_head if two else detector.bbox_head
    covered = RPNHead if two else AnchorHead
    own = covered if two else BaseDenseHead
    if (
        not isinstance(dense, covered)
        or isinstance(dense, ATSSHead | DDODHead)  # with a third output, a factor of the scores
        or type(dense)._predict_by_feat_single is not own._predict_by_feat_single
    ):
        return type(dense).__name__
    if two:
        roi_head = detector.roi_head
        if type(roi_head) is not StandardRoIHead or roi_head.with_mask:
            return type(roi_head).__name__
        if type(roi_head.bbox_roi_extractor) is not SingleRoIExtractor:
            return type(roi_head.bbox_roi_extractor).__name__
    last = detector.roi_head.bbox_head if two else dense
    for head in (dense, last):
        if not isinstance(head.bbox_coder, DeltaXYWHBBoxCoder):
            return type(head.bbox_coder).__name__
    for cfg in [dense.test_cfg, *([detector.roi_head.test_cfg] if two else [])]:
        if cfg.nms.get('type', 'nms') != 'nms' or set(cfg.nms) - {'type', 'iou_threshold'}:
            return f'nms={dict(cfg.nms)}'
    return ''


def _dense(
    head: AnchorHead, maps: tuple[Tensor, ...], edges: Tensor
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Boxes (n, 4), scores (n,) and classes (n,) of each level, those with the best scores."""
    logits, deltas = head(maps)
    priors = head.prior_generator.grid_priors([part.shape[-2:] for part in logits], device='cpu')
    found = [], [], []
    for level, delta, prior in zip(logits, deltas, priors, strict=True):
        level = level[0].permute(1, 2, 0).reshape(-1, head.cls_out_channels)
        scores = level.sigmoid() if head.use_sigmoid_cls else level.softmax(1)[:, :-1]
        classes = scores.shape[1]
        scores, index = _highest(scores.reshape(-1), head.test_cfg.get('nms_pre', -1))
        place = torch.div(index, classes, rounding_mode='floor')
        delta = delta[0].permute(1, 2, 0).reshape(-1, 4)[place]
        boxes = _clip(head.bbox_coder.decode(prior[place], delta), edges)
        for part, parts in zip((boxes, scores, index - place * classes), found, strict=True):
            parts.append(part)
    return found


def _highest(scores: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The highest ``most`` scores, or all if there are fewer, and their indices."""
    count = torch._shape_as_tensor(scores)[0]
    if most > 0:
        count = torch.minimum(count, torch.tensor(most))
    return scores.topk(count)


def _clip(boxes: Tensor, edges: Tensor) -> Tensor:
    return torch.minimum(boxes.clamp(min=0), edges)


def _pool(extractor: SingleRoIExtractor, maps: tuple[Tensor, ...], rois: Tensor) -> Tensor:
    """The features of each box from the map of its level, (P, C, h, w)."""
    levels = extractor.map_roi_levels(rois, len(maps))
    indices = [(levels == level).nonzero().squeeze(1) for level in range(len(maps))]
    pooled = [
        roi_align(
            part, rois[index], layer.output_size, layer.spatial_scale, layer.sampling_ratio,
            layer.aligned,
        )
        for part, index, layer in zip(maps, indices, extractor.roi_layers, strict=True)
    ]  # fmt: skip
    return torch.cat(pooled)[torch.cat(indices).argsort()]


def _keep(
    boxes: Tensor, scores: Tensor, groups: Tensor, cfg: dict, edges: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What the threshold of the score, the smallest size and NMS within each group leave."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
    wanted = scores > cfg.get('score_thr', -1)
    least = cfg.get('min_bbox_size', -1)
    if least >= 0:
        wanted = wanted & (width > least) & (height > least)
    wanted = wanted.nonzero().squeeze(1)
    boxes, scores, groups = boxes[wanted], scores[wanted], groups[wanted]
    apart = boxes + (groups.to(boxes) * (edges.max() + 1))[:, None]
    kept = nms(apart, scores, cfg.nms.iou_threshold)[: cfg.max_per_img]
    return boxes[kept], scores[kept], groups[kept]
