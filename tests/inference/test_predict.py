"""tools/predict.py: from pictures of every kind to pictures, a JSON and a CSV."""

import csv
import functools
import http.server
import json
import os
import resource
import shutil
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from ic_backbones.errors import InputError
from ic_backbones.inference import run, sources
from ic_backbones.inference.results import Results, require_own
from ic_backbones.inference.sources import File, find_files


@pytest.fixture
def photos(photo, tmp_path) -> Path:
    """A folder with two sound images of one name, a broken one between them, and a video."""
    folder = tmp_path / 'photos'
    (folder / 'below').mkdir(parents=True)
    shutil.copy(photo, folder / 'a.png')
    shutil.copy(photo, folder / 'below' / 'a.png')
    cv2.imwrite(str(folder / 'a.jpg'), cv2.imread(str(photo)))
    (folder / 'b.png').write_bytes(photo.read_bytes()[:300])
    (folder / 'notes.txt').write_text('not an image')
    video = cv2.VideoWriter(str(folder / 'clip.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 4, (80, 60))
    for _ in range(3):
        video.write(cv2.imread(str(photo)))
    video.release()
    return folder


def predict(tool, *argv) -> int:
    return tool('predict').main([str(word) for word in argv])


def read(out: Path) -> tuple[dict, list[dict]]:
    with (out / 'predictions.csv').open(newline='') as file:
        return json.loads((out / 'predictions.json').read_text()), list(csv.DictReader(file))


def test_a_folder_with_a_broken_image_and_a_video(tool, detector, photos, capsys):
    out = photos / 'out'  # its own pictures must not be found when it is run again
    for _ in range(2):
        assert predict(tool, detector, photos, '--out', out, '--score-thr', 0) == 1
        printed = capsys.readouterr()
        assert f'error: {photos}/b.png: is truncated' in printed.err
        assert f'{out}: 4 pictures' in printed.out and '1 could not be read' in printed.out
        content, rows = read(out)
        images = [item['image'] for item in content['predictions']]
        assert images == [
            f'{photos}/{name}' for name in ('a.jpg', 'a.png', 'below/a.png', *['clip.mp4'] * 3)
        ]
    assert content['score_thr'] == 0 and content['model'] == detector
    assert len(content['unreadable']) == 1 and 'b.png' in content['unreadable'][0]
    assert [item.get('frame') for item in content['predictions']] == [None] * 3 + [0, 1, 2]
    assert len(rows) == sum(len(item['objects']) for item in content['predictions']) == 30
    first = content['predictions'][0]
    item = first['objects'][0]
    assert rows[0]['image'] == first['image'] and rows[0]['class'] == item['class']
    edges = [float(rows[0][edge]) for edge in ('left', 'top', 'right', 'bottom')]
    assert edges == item['box'] and 0 <= min(edges) and max(edges) <= 80
    assert (first['width'], first['height']) == (80, 60)
    pictures = sorted(path.relative_to(out).as_posix() for path in out.rglob('pictures/**/*.*'))
    assert pictures == [
        'pictures/' + name for name in ('a.jpg', 'a_2.jpg', 'below/a.jpg', 'clip.mp4')
    ]
    drawn = cv2.imread(str(out / 'pictures/a.jpg'))
    assert np.abs(drawn.astype(int) - cv2.imread(str(photos / 'a.jpg'))).max() > 60
    video = cv2.VideoCapture(str(out / 'pictures/clip.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 3 and video.get(cv2.CAP_PROP_FPS) == 4


def test_an_option_between_the_model_and_the_pictures(tool):
    args = tool('predict').main.parse(['best.pth', '--out', 'there', 'photos/', 'b.jpg'])
    assert (args.model, args.out, args.pictures) == ('best.pth', 'there', ['photos/', 'b.jpg'])


def test_options_of_a_detector(tool, detector, photo, tmp_path):
    predict(tool, detector, photo, '--out', tmp_path / 'all', '--score-thr', 0)
    (everything,) = read(tmp_path / 'all')[0]['predictions']
    middle = everything['objects'][2]
    argv = [detector, photo, '--out', tmp_path / 'some', '--classes', f' {middle["class"]},']
    predict(tool, *argv, '--score-thr', middle['score'])
    (some,) = read(tmp_path / 'some')[0]['predictions']
    assert len(everything['objects']) == 5 and middle in some['objects']
    assert {item['class'] for item in some['objects']} == {middle['class']}
    assert min(item['score'] for item in some['objects']) == middle['score']


def test_nothing_that_reaches_the_score_is_said(tool, detector, photo, tmp_path, capsys):
    argv = [detector, photo, '--out', tmp_path]
    assert predict(tool, *argv, '--score-thr', 0) == 0
    assert 'no object' not in capsys.readouterr().out
    for classes, no_object in (((), 'no object'), (('--classes', 'disc'), 'no object of disc')):
        assert predict(tool, *argv, *classes, '--score-thr', 1) == 0
        said = f'{no_object} has a score of at least 1; a lower --score-thr shows what has less'
        assert said in capsys.readouterr().out


def test_source_pictures_are_never_overwritten(tool, detector, photo, tmp_path):
    pictures = tmp_path / 'job' / 'pictures'
    predict(tool, detector, photo, '--out', tmp_path / 'job')
    before = (pictures / 'photo.jpg').read_bytes()
    with pytest.raises(
        InputError, match=r'photo\.jpg: lies in .*, where the results go; choose another'
    ):
        predict(tool, detector, pictures / 'photo.jpg', '--out', tmp_path / 'job')
    with pytest.raises(InputError, match='no file matches this pattern'):
        predict(tool, detector, pictures / '*.jpg', '--out', tmp_path / 'job')
    assert (pictures / 'photo.jpg').read_bytes() == before


@pytest.mark.parametrize('name', ['pictures/photo.jpg', 'predictions.json', 'predictions.csv'])
def test_only_earlier_results_are_written_over(name, tool, detector, photo, tmp_path):
    own = tmp_path / name
    own.parent.mkdir(exist_ok=True)
    own.write_text('mine')
    words = f'{name.partition("/")[0]}: was not written by predict, which would overwrite it; choo'
    for source in (photo, tmp_path):
        with pytest.raises(InputError, match=words):
            predict(tool, detector, source, '--out', tmp_path)
    assert own.read_text() == 'mine'


def test_results_may_lie_among_the_pictures(tool, detector, photo, tmp_path):
    shutil.copy(photo, tmp_path / 'a.png')
    for _ in range(2):
        assert not predict(tool, detector, tmp_path, '--out', tmp_path)
        assert [item['image'] for item in read(tmp_path)[0]['predictions']] == [
            str(tmp_path / 'a.png')
        ]


def test_half_of_the_results_are_written_over(tmp_path):
    """Of a run that was killed."""
    Results(tmp_path, {}, ()).__enter__()
    (tmp_path / 'pictures').mkdir()
    require_own(tmp_path)


class FindsNothing:
    is_detector, classes = True, ('disc',)

    def __call__(self, image):
        return [dict(objects=[])]


def write_video(file: Path, frames: int = 40, code: str = 'MJPG') -> Path:
    """A video of noise, with 10 frames a second."""
    rng = np.random.default_rng(0)
    video = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*code), 10, (64, 48))
    for _ in range(frames):
        video.write(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    video.release()
    return file


def test_half_a_video_is_reported(tmp_path):
    """What is there is predicted."""
    whole, half = write_video(tmp_path / 'whole.avi'), tmp_path / 'half.avi'
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    names = [str(whole), str(half)]
    results = run.predict_all(FindsNothing(), names, tmp_path, run.Choice(), 'model')
    frames = [item['image'] for item in read(tmp_path)[0]['predictions']]
    assert frames.count(names[0]) == 40 and 15 <= frames.count(names[1]) <= 20
    (said,) = results.unreadable
    assert said.startswith(f'{half}: ends after 1.') and ' of 4.0 seconds; get the whole' in said


@pytest.mark.parametrize(('step', 'is_whole'), [(400, True), (100, False)])
def test_the_length_of_a_video_is_a_time(step, is_whole, monkeypatch):
    """Of ten frames, where some formats state 40, for 4 seconds with 10 frames each."""

    class Video:
        frames = 0

        def __init__(self, path: str) -> None:
            pass

        def get(self, key: int) -> float:
            time = step * (self.frames - 1)
            known = {
                cv2.CAP_PROP_FRAME_COUNT: 40,
                cv2.CAP_PROP_FPS: 10,
                cv2.CAP_PROP_POS_MSEC: time,
            }
            return known[key]

        def read(self) -> tuple:
            self.frames += 1
            return self.frames <= 10, None

        def release(self) -> None:
            pass

    monkeypatch.setattr(sources.cv2, 'VideoCapture', Video)
    frames = File(Path('a.webm'), Path('a.webm'), 'a.webm').frames()
    assert len([next(frames) for _ in range(10)]) == 10
    if is_whole:
        assert not list(frames)
    else:
        with pytest.raises(InputError, match='a.webm: ends after 0.9 of 4.0 seconds; get the'):
            next(frames)


def test_a_video_for_which_there_is_no_room(tmp_path):
    """cv2 says nothing; the predictions are kept."""
    noise = write_video(tmp_path / 'noise.avi')
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24_000, hard))
    try:
        with pytest.raises(InputError, match='noise.mp4: the video cannot be written; free some'):
            run.predict_all(FindsNothing(), [str(noise)], tmp_path, run.Choice(), 'model')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(read(tmp_path)[0]['predictions']) == 40


def test_a_full_disk_leaves_the_earlier_table(tmp_path):
    (tmp_path / 'predictions.csv').write_text('earlier')
    (tmp_path / 'predictions.csv.tmp').symlink_to('/dev/full')
    with pytest.raises(InputError, match='No space left on device.; free some space'):
        with Results(tmp_path, {}, ()):
            pass
    assert (tmp_path / 'predictions.csv').read_text() == 'earlier'


def test_a_name_that_is_not_utf_8(tool, detector, photo, tmp_path):
    name = os.fsdecode(b'photo \xff.png')
    shutil.copy(photo, tmp_path / name)
    assert predict(tool, detector, tmp_path, '--out', tmp_path / 'out', '--score-thr', 0) == 0
    assert (tmp_path / 'out/pictures/photo \udcff.jpg').is_file()
    assert (tmp_path / 'out/predictions.csv').read_bytes().count(b'photo \xff.png') == 5
    (prediction,) = json.loads((tmp_path / 'out/predictions.json').read_text())['predictions']
    assert prediction['image'] == str(tmp_path / name)


def test_videos_with_a_path_that_is_not_utf_8(tmp_path):
    """With such a path cv2 would end the process."""
    video, name = write_video(tmp_path / 'a.avi', 3), os.fsdecode(b'\xff.avi')
    copy = str(shutil.copy(video, tmp_path / name))
    results = run.predict_all(FindsNothing(), [copy], tmp_path, run.Choice(), 'model')
    assert results.unreadable == [f'{copy}: the path of a video must be UTF-8; rename it']
    out = tmp_path / name.removesuffix('.avi')
    out.mkdir()
    with pytest.raises(InputError, match='the video cannot be written; choose another --out'):
        run.predict_all(FindsNothing(), [str(video)], out, run.Choice(), 'model')


def test_a_folder_with_links_and_other_formats(photo, tmp_path, monkeypatch, capsys):
    """A linked folder is entered, and a folder may be called as a video."""
    folder, other = tmp_path / 'photos', tmp_path / 'other'
    (folder / 'clip.mp4').mkdir(parents=True)
    other.mkdir()
    shutil.copy(photo, folder / 'clip.mp4/b.png')
    cv2.imwrite(str(other / 'a.png'), np.zeros((9, 9, 3), np.uint8))
    for name in ('a.heic', 'b.HEIC', 'c.gif', 'notes.txt'):
        (folder / name).touch()
    (folder / 'linked').symlink_to(other)
    (folder / 'circle').symlink_to(folder)
    found = find_files([str(folder)], tmp_path, tmp_path / 'out')
    assert [file.name.as_posix() for file in found] == ['clip.mp4/b.png', 'linked/a.png']
    assert capsys.readouterr().err == (
        f'{folder}: 3 in formats that are not read (.gif, .heic) left out; save such pictures as '
        'JPEG or PNG\n'
    )

    def closed(folder: Path):
        raise PermissionError(13, 'Permission denied', f'{folder}/closed')

    monkeypatch.setattr(sources, 'files_below', closed)
    with pytest.raises(InputError, match='closed: cannot be read .Permission denied.; make it'):
        find_files([str(folder)], tmp_path, tmp_path / 'out')


def test_a_picture_that_cannot_be_scaled_is_left_out(photo, tmp_path, capsys):
    """A thin one would have no pixels in one direction."""

    class Scaling:
        is_detector, classes = False, ('cat',)

        def __call__(self, image):
            cv2.resize(cv2.imread(str(image)), None, fx=0.01, fy=0.1)
            return [dict(classes=[{'class': 'cat', 'score': 1.0}])]

    thin = tmp_path / 'thin.png'
    cv2.imwrite(str(thin), np.zeros((60, 2, 3), np.uint8))
    results = run.predict_all(Scaling(), [str(thin), str(photo)], tmp_path, run.Choice(), 'model')
    assert results.count == len(results.unreadable) == 1
    assert results.unreadable == [f'{thin}: cannot be scaled (!dsize.empty()); leave it out']
    assert 'thin.png: cannot be scaled' in capsys.readouterr().err


def test_what_is_chosen():
    objects = [
        {'class': name, 'score': score, 'box': [0, 0, 1, 1]}
        for name, score in (('cat', 0.9), ('cattle', 0.8), ('dog', 0.3), ('cat', 0.2))
    ]
    prediction = dict(objects=objects)
    for choice, kept in (
        (run.Choice(), [0, 1, 2]),
        (run.Choice(0.0), [0, 1, 2, 3]),
        (run.Choice(0.0, ('cat',)), [0, 3]),
        (run.Choice(0.3, ('cattle', 'dog')), [1, 2]),
        (run.Choice(1.0), []),
    ):
        assert choice.of(prediction) == dict(objects=[objects[index] for index in kept])
    assert run.Choice(top=2).of(dict(classes=objects)) == dict(classes=objects[:2])


def test_a_classifier(tool, classifier, photo, tmp_path):
    out = tmp_path / 'out'
    assert predict(tool, classifier, photo, '--out', out, '--top', 1) == 0
    content, rows = read(out)
    (item,) = content['predictions']
    assert len(item['classes']) == 1 and item['classes'][0]['score'] >= 0.5
    assert [row['class'] for row in rows] == [item['classes'][0]['class']]
    assert rows[0]['left'] == '' and 'score_thr' not in content


@pytest.fixture
def address(photos):
    """The address of a server that has the photos."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(photos))
    handler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    server.server_close()


def test_patterns_and_addresses(photos, photo, address, tmp_path):
    (tmp_path / 'downloads').mkdir()
    sources = [f'{photos}/*.png', str(photos / 'a.png'), f'{address}/a.png']
    found = find_files(sources, tmp_path / 'downloads', tmp_path / 'out')
    assert [file.name.as_posix() for file in found] == ['a.png', 'b.png', 'a.png']
    assert found[2].origin == f'{address}/a.png'
    assert found[2].path.read_bytes() == photo.read_bytes()
    with pytest.raises(InputError, match='gone.png: cannot be fetched, HTTPError: .* 404'):
        find_files([f'{address}/gone.png'], tmp_path / 'downloads', tmp_path / 'out')


def test_a_broken_download_is_named_by_its_address(predictor, photos, address, tmp_path):
    (photos / 'broken.mp4').write_bytes(b'not a video')
    sources = [f'{address}/b.png', f'{address}/broken.mp4']
    results = run.predict_all(predictor, sources, tmp_path, run.Choice(), 'model')
    assert results.unreadable == [
        f'{address}/b.png: is truncated; replace it or leave it out',
        f'{address}/broken.mp4: is not a video that can be read; give another one',
    ]


def test_nothing_is_lost_when_it_is_stopped(photo, tmp_path):
    class Stopped:
        is_detector, classes = True, ('disc',)
        calls = 0

        def __call__(self, image):
            self.calls += 1
            if self.calls == 3:
                raise KeyboardInterrupt
            return [dict(objects=[{'class': 'disc', 'score': 1.0, 'box': [1, 2, 3, 4]}])]

    sources = [str(shutil.copy(photo, tmp_path / f'{name}.png')) for name in 'abcd']
    with pytest.raises(KeyboardInterrupt):
        run.predict_all(Stopped(), sources, tmp_path, run.Choice(), 'model')
    content, rows = read(tmp_path)
    assert len(content['predictions']) == len(rows) == 2


def test_wrong_input(tool, detector, classifier, photo, tmp_path):
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'file').write_text('')
    out = ['--out', tmp_path / 'out']
    for argv, words in (
        ([tmp_path / 'gone.pth', photo], 'gone.pth: there is no such checkpoint'),
        ([detector, tmp_path / 'empty'], 'empty: there is no image in this folder'),
        ([detector, tmp_path / '*.jpg'], 'no file matches this pattern'),
        ([detector, detector, photo], 'best_epoch_2.pth: is a second model; give one model, and'),
        ([detector, tmp_path / 'gone.jpg'], 'gone.jpg: there is no such file or folder'),
        ([detector, photo, '--top', 3], '--top: is for a classifier, and this model is a detector'),
        ([classifier, photo, '--score-thr', 0.3], '--score-thr: is for a detector'),
        ([classifier, photo, '--classes', 'cat'], '--classes: is for a detector'),
        ([classifier, photo, '--top', 0], '--top 0: is not a number of classes'),
        ([detector, photo, '--score-thr', 30], '--score-thr 30: is not a score'),
        ([detector, photo, '--classes', 'dics'], "no class 'dics', .*did you mean 'disc'?"),
        ([detector, photo, '--device', 'tpu'], '--device tpu: cannot be used'),
    ):
        with pytest.raises(InputError, match=words):
            predict(tool, *argv, *out)
    with pytest.raises(InputError, match='file: the folder cannot be made'):
        predict(tool, detector, photo, '--out', tmp_path / 'file')
    assert predict(tool, detector, tmp_path / 'file', *out) == 1  # the one picture is broken
