"""The tables and pictures of studies in the pages."""

from pathlib import Path

import pytest
import study
import study_docs
import study_runs

from ic_backbones.errors import InputError

ROOT = study_runs.TRAIN.parents[1]
DOCS = ROOT / 'docs'


def test_a_page_gets_the_tables_that_its_command_prints(
    path, folders, trainings, tmp_path, monkeypatch
):
    """In the columns that it has; what belongs to another command stays."""
    file = Path(path)
    file.write_text(file.read_text() + "together = {'IC': [('IC net', 'plain')]}\n")
    folders[3] = str(tmp_path / 'benchmarks/results/tiny')
    study.main([path, '--seeds', '2', '--equal-time', *folders])
    monkeypatch.chdir(tmp_path)
    own = '| question | accuracy (%) |\n|---|---|\n| of another command | 1 |\n'
    page = (
        f'{own}\n    python benchmarks/study.py {path} --seeds 2 --equal-time\n\nA text.\n\n'
        '| network | accuracy (%) | difference | training time | equal time | difference |\n'
        '|---|---|---|---|---|---|\n| old | 1 | 2 | 3 | 4 | 5 |\n'
        '\n| question | accuracy (%) |\n|---|---|\n| old | 1 |\n\n'
        f'    python benchmarks/neurons.py\n\n{own}\n## Next\n\n{own}'
    )
    with pytest.raises(InputError, match='training time: no column of the study is called so'):
        study_docs.updated(page)
    page = page.replace('training time', 'step time')
    assert study_docs.updated(page) == page.replace(
        '| old | 1 | 2 | 3 | 4 | 5 |\n',
        '| plain | 62.00 ± 2.83 | – | 1.00 | 62.00 ± 2.83 (epochs: 2, time: 1.00) | – |\n'
        '| IC net | 66.00 ± 7.07 | +4.00 ± 38.12 | 2.20 | 58.50 ± 2.12 (epochs: 1, time: 1.10) '
        '| −3.50 ± 6.35 |\n',
    ).replace('| old | 1 |\n', '| IC | +4.00 ± 38.12 |\n')
    for old, new, words in (
        ('--seeds 2', '--seeds 3', 'plain_2 has no result; run the study first'),
        (' --seeds 2', ' --jobs 1 --seeds 2', 'this cannot be read; write STUDY --seeds N'),
        (' --seeds 2', ' --seeds 0', 'this cannot be read; write STUDY --seeds N'),
        ('| network', '| Network', "its command has no table; add one that begins with 'network"),
    ):
        with pytest.raises(InputError, match=words):
            study_docs.updated(page.replace(old, new))
    (tmp_path / 'benchmarks/results/tiny/costs.json').unlink()
    with pytest.raises(InputError, match=r'costs\.json: it is not up to date; run the study'):
        study_docs.updated(page)


def test_pages_are_written_and_pictures_drawn(path, folders, trainings, tmp_path, monkeypatch):
    folders[3] = str(tmp_path / 'benchmarks/results/tiny')
    study.main([path, '--seeds', '2', *folders])
    monkeypatch.chdir(tmp_path)
    page = tmp_path / 'docs/results_tiny.md'
    page.parent.mkdir()
    command = f'    python benchmarks/study.py {path} --seeds 2\n\n'
    page.write_text(f'{command}| network | loss |\n|---|---|\n| old | 1 |\n')
    study_docs.main([])
    rows = '| plain | 1.310 ± 0.014 |\n| IC net | 1.330 ± 0.035 |\n'
    assert page.read_text() == f'{command}| network | loss |\n|---|---|\n{rows}'
    assert (tmp_path / 'docs/studies/tiny.png').stat().st_size > 1000


@pytest.mark.parametrize('page', sorted(path.name for path in DOCS.glob('results_*.md')))
def test_the_pages_have_the_tables_of_the_results(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = (DOCS / page).read_text()
    assert study_docs.updated(text) == text, f'run python benchmarks/study_docs.py docs/{page}'
