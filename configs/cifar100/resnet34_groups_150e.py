# Table 3 of SINet's paper, G = 2 without exchange.
_base_ = './resnet34_si_150e.py'
model = dict(backbone=dict(exchange=False))
