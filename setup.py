import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
INIT = (ROOT / 'ic_backbones/__init__.py').read_text(encoding='utf-8')
README = ROOT / 'README.md'
URL = re.search(r'^repository-code: (\S+)$', (ROOT / 'CITATION.cff').read_text(), re.MULTILINE)[1]
RELATIVE = r'(?!\w+:|#)'  # the start of a link to a file of the repository


def description_for_an_index() -> str:
    """The README, with links and pictures that also work outside the repository."""
    text = README.read_text(encoding='utf-8')
    text = re.sub(rf'(!\[[^]]*\]\(){RELATIVE}', rf'\1{URL}/raw/main/', text)
    return re.sub(rf'(?<=\]\(){RELATIVE}', f'{URL}/blob/main/', text)


setup(
    name='ic-backbones',
    version=re.search(r"^__version__ = '(.+)'$", INIT, re.MULTILINE).group(1),
    description='IC-ResNet and further backbones for MMPretrain and MMDetection',
    long_description=description_for_an_index(),
    long_description_content_type='text/markdown',
    author='The ic_backbones authors',
    license='Apache-2.0',
    url=URL,
    project_urls={
        'Source': URL,
        'Changelog': f'{URL}/blob/main/CHANGELOG.md',
        'Issues': f'{URL}/issues',
    },
    keywords='computer vision, object detection, image classification, backbone, ResNet, OpenMMLab',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        *(f'Programming Language :: Python :: 3.{minor}' for minor in (10, 11, 12, 13)),
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Typing :: Typed',
    ],
    packages=[*find_packages(include=['ic_backbones', 'ic_backbones.*']), 'ic_backbones_tools'],
    package_dir={'ic_backbones_tools': 'tools'},
    entry_points={'console_scripts': ['ic-backbones = ic_backbones_tools.__main__:console_script']},
    # The configs and tools, by links: where OpenMMLab's packages keep theirs.
    package_data={
        'ic_backbones': [
            'py.typed',
            '.mim/model-index.yml',
            '.mim/configs/*.*',
            '.mim/configs/*/*.py',
            '.mim/tools/*.*',
            'report/*.jinja',
        ],
        'ic_backbones_tools': ['*.sh'],
    },
    python_requires='>=3.10',
    # No OpenMMLab package here: the two families below share their import names, and the one that
    # is installed must not be overwritten by the other.
    install_requires=['torch>=2.1', 'torchvision>=0.16', 'numpy', 'matplotlib', 'shtab'],
    extras_require={
        'onedl': [
            'onedl-mmengine>=0.10.12,<0.11',
            'onedl-mmcv>=2.3.6,<2.4',
            'onedl-mmdetection>=3.5.1,<3.6',
            'onedl-mmpretrain>=1.3.6,<1.4',
        ],
        'openmmlab': [
            'mmengine>=0.10.7,<0.11',
            'mmcv>=2.1,<2.2',
            'mmdet>=3.3,<3.4',
            'mmpretrain>=1.2,<1.3',
            'torch<2.2',
            'numpy<2',
        ],
        'tools': ['grad-cam', 'jinja2', 'safetensors', 'tensorboard'],
        'timm': ['timm'],
        'onnx': ['onnx', 'onnxruntime'],
        'dev': ['pytest', 'pytest-xdist', 'ruff'],
        # mkdocstrings for Python 3.10 does not fit pymdown-extensions 12; ruff formats signatures.
        'docs': ['mkdocs-material', 'mkdocstrings[python]', 'pymdown-extensions<12', 'ruff'],
    },
)
