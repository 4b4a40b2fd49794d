import gzip
import io
import struct

import numpy as np
import pytest

from data import decode
from data.components import find_components, group_into_digits, label_components
from data.errors import DataError
from data.ink import ink_to_image
from data.ink_photo import find_digits
from data.pictures import Floats, as_images, locate_digits_in, locate_in_contents
from tests.helpers.idx import write_idx
from tests.helpers.paper import FIVE, ONE, SEVEN, ZERO, is_similar, paper


def parse_digits(contents: bytes, source: str) -> Floats:
    """One digit of each picture or drawing in a file's contents."""
    return locate_in_contents(contents, source, split=False).images


def png(grey, mode="L", kind="PNG"):
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.fromarray(np.clip(grey * 255, 0, 255).astype(np.uint8)).convert(mode).save(file, kind)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("drawing", [SEVEN, ONE, ZERO, FIVE], ids=["7", "1", "0", "5"])
@pytest.mark.parametrize("pen", [2.0, 7.0, 16.0])
def test_a_digit_on_paper_is_what_its_strokes_give(drawing, pen):
    (image,) = find_digits(paper([drawing], pen=pen))
    assert is_similar(image, drawing)


@pytest.mark.parametrize("drawing", [SEVEN, ONE, ZERO, FIVE], ids=["7", "1", "0", "5"])
@pytest.mark.parametrize("pen", [1.5, 4.0, 9.0])
def test_a_pen_much_thinner_than_the_digit_is_read_too(drawing, pen):
    (image,) = find_digits(paper([drawing], side=900, pen=pen))
    assert is_similar(image, drawing)


def test_specks_far_apart_are_no_digit_and_no_error():
    sheet = np.ones((1000, 1000), np.float32)
    sheet[::333, ::333] = 0
    (image,) = find_digits(sheet)
    assert image.shape == (28, 28)
    assert np.isfinite(image).all()


def test_light_ink_on_a_dark_board_is_read_too():
    (image,) = find_digits(1 - paper([SEVEN]))
    assert is_similar(image, SEVEN)


def test_uneven_light_and_grain_do_not_matter():
    x, y = np.meshgrid(np.linspace(0.25, 1, 120), np.linspace(0.6, 1, 120))
    grain = np.random.default_rng(0).normal(0, 0.02, (120, 120))
    (image,) = find_digits((paper([SEVEN]) * x * y + grain).astype(np.float32))
    assert is_similar(image, SEVEN)


@pytest.mark.parametrize("grey", [0.0, 0.4, 1.0])
def test_an_empty_sheet_has_no_ink(grey):
    sheet = np.full((50, 60), grey, np.float32)
    sheet += np.random.default_rng(1).normal(0, 0.01, sheet.shape).astype(np.float32)
    assert not find_digits(sheet).any()
    assert find_digits(sheet, split=True).shape == (0, 28, 28)


def test_several_digits_are_read_left_to_right():
    row = [SEVEN, ONE, FIVE, ZERO]
    images = find_digits(paper(row), split=True)
    assert len(images) == 4
    assert all(is_similar(image, drawing) for image, drawing in zip(images, row, strict=True))


def test_several_lines_are_read_one_after_the_other():
    sheet = np.concatenate([paper([SEVEN, ONE]), paper([ZERO, FIVE])])
    images = find_digits(sheet, split=True)
    assert len(images) == 4
    wanted = [SEVEN, ONE, ZERO, FIVE]
    assert all(is_similar(image, drawing) for image, drawing in zip(images, wanted, strict=True))


def test_parts_are_connected_over_corners():
    mask = np.array(["#..#", ".#.#", "..#.", "#..."])
    mask = np.array([[c == "#" for c in row] for row in mask.tolist()])
    numbers = label_components(mask)
    assert (numbers > 0).tolist() == mask.tolist()
    assert len(set(numbers[mask].tolist())) == 2
    assert numbers[0, 0] == numbers[2, 2] == numbers[0, 3] != numbers[3, 0]


def test_a_spiral_is_one_part():
    mask = np.zeros((11, 11), np.bool_)
    for inset in range(0, 5, 2):
        mask[inset, inset : 11 - inset] = mask[inset : 11 - inset, 10 - inset] = True
        mask[10 - inset, inset : 11 - inset] = True
        mask[inset + 2 : 11 - inset, inset] = True
        mask[inset + 2, inset : inset + 2] = True
    assert label_components(mask).max() == 1


def test_dust_is_no_digit():
    mask = np.zeros((100, 200), np.bool_)
    mask[10:90, 20:30] = mask[10:90, 120:130] = True
    mask[50, 70] = mask[52, 170] = True
    assert len(group_into_digits(find_components(label_components(mask)))) == 2


def test_no_ink_has_no_parts():
    assert find_components(label_components(np.zeros((5, 5), np.bool_))) == []
    assert group_into_digits([]) == []


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "I;16"])
def test_pictures_of_any_kind(mode):
    image = pytest.importorskip("PIL.Image")
    if mode == "I;16":
        file = io.BytesIO()
        image.fromarray((paper([SEVEN]) * 65535).astype(np.uint16)).save(file, "PNG")
        contents = file.getvalue()
    else:
        contents = png(paper([SEVEN]), mode)
    (digit,) = parse_digits(contents, "picture")
    assert is_similar(digit, SEVEN)


def test_ink_on_a_transparent_sheet():
    image = pytest.importorskip("PIL.Image")
    ink = np.zeros((120, 120, 4), np.uint8)
    ink[..., 3] = (1 - paper([SEVEN])) * 255
    file = io.BytesIO()
    image.fromarray(ink).save(file, "PNG")
    assert is_similar(parse_digits(file.getvalue(), "picture")[0], SEVEN)


def test_a_large_photograph():
    (digit,) = parse_digits(png(paper([SEVEN], side=1800, pen=60.0), kind="JPEG"), "photo")
    assert is_similar(digit, SEVEN)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "WEBP", "TIFF", "PPM", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_formats(kind, mode):
    (digit,) = parse_digits(png(paper([SEVEN]), mode, kind), "picture")
    assert is_similar(digit, SEVEN)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "I;16", "I;16B", "F"])
def test_modes_of_tiff(mode):
    image = pytest.importorskip("PIL.Image")
    sheet, file = paper([SEVEN]), io.BytesIO()
    if mode == "F":
        picture = image.fromarray(sheet.astype(np.float32))
    elif mode.startswith("I"):
        dtype = ">u2" if mode.endswith("B") else "<u2"
        picture = image.frombytes(mode, sheet.shape, (sheet * 65535).astype(dtype).tobytes())
    else:
        picture = image.fromarray((sheet * 255).astype(np.uint8)).convert("RGB").convert(mode)
    picture.save(file, "TIFF")
    assert is_similar(parse_digits(file.getvalue(), "picture")[0], SEVEN)


@pytest.mark.parametrize(
    ("white", "seen"), [(65535, True), (20000, True), (4000, True), (1000, True), (20, False)]
)
def test_sixteen_bits_may_be_used_in_part_but_noise_in_black_is_no_ink(white, seen):
    image = pytest.importorskip("PIL.Image")
    sheet, file = paper([SEVEN]), io.BytesIO()
    image.fromarray((sheet * white).astype(np.uint16)).save(file, "PNG")
    (digit,) = parse_digits(file.getvalue(), "picture")
    assert is_similar(digit, SEVEN) if seen else not digit.any()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_frame_of_an_animation(kind):
    image = pytest.importorskip("PIL.Image")
    frames = [image.open(io.BytesIO(png(paper([d])))) for d in (SEVEN, ZERO, ONE)]
    file = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    assert is_similar(parse_digits(file.getvalue(), "picture")[0], SEVEN)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_camera_that_was_turned(kind, orientation):
    image = pytest.importorskip("PIL.Image")
    turn = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # the inverse of Orientation's change
    picture = image.open(io.BytesIO(png(paper([SEVEN]), "RGB")))
    if turn is not None:
        picture = picture.transpose(image.Transpose(turn))
    exif, file = image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    picture.save(file, kind, exif=exif)
    assert is_similar(parse_digits(file.getvalue(), "picture")[0], SEVEN)


def colours(pixels, mode):
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.fromarray(np.rint(pixels * 255).astype(np.uint8), mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:.*mode.*:DeprecationWarning")
@pytest.mark.parametrize("side", [28, 120, 300])
@pytest.mark.parametrize(
    ("ink", "sheet"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 0)),
        ((1, 1, 1, 1), (0, 0, 0, 0)),
        ((0, 0, 0, 1), (0, 0, 0, 0)),
        ((1, 1, 1, 0), (0.2, 0.2, 0.2, 1)),
        ((1, 1, 0), (1, 1, 1)),
        ((0, 0, 1), (0, 0, 0)),
        ((1, 0, 0), (0, 0.51, 0)),
        ((0.1, 0.1, 0.1), (0.75, 0.8, 0.7)),
    ],
)
def test_ink_that_one_channel_shows(ink, sheet, side, monkeypatch):
    monkeypatch.setattr(decode, "MAX_SIDE", 200)  # the largest ones are scaled down first
    share = (1 - paper([SEVEN], side, side / 12)[..., None]) / 0.85
    contents = colours(share * ink + (1 - share) * np.array(sheet), "RGBA"[: len(ink)])
    assert is_similar(parse_digits(contents, "picture")[0], SEVEN)


def mnist_like():
    """Ink whose box has 20 pixels and whose centre of mass is in the middle pixel."""
    image = np.zeros((28, 28), np.float32)
    image[5:25, 13:16] = 1
    image[5:8, 9:13] = 0.6
    image[14, 16:19] = 0.3
    return image


@pytest.mark.parametrize("ink", [1.0, -1.0, 0.55, -0.4])
@pytest.mark.parametrize("shift", [(0, 0), (3, 4), (-4, 3), (0, -9)])
def test_a_small_digit_of_mnists_size_keeps_its_pixels_and_is_centred(ink, shift):
    wanted = mnist_like()
    sheet = np.roll(wanted, shift, (0, 1)) * ink + (0.0 if ink > 0 else 1.0)
    np.testing.assert_allclose(parse_digits(png(sheet), "x")[0], wanted, atol=0.02)


def test_a_small_digit_of_another_size_is_scaled_to_mnists_box():
    thin = paper([SEVEN], 28, 1.0)
    for sheet in (thin, paper([SEVEN], 28, 2.0)[2:-2, 2:-2], np.pad(thin, 9, constant_values=1)):
        (digit,) = parse_digits(png(sheet), "x")
        rows, columns = np.nonzero(digit > 0.1)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21, 22)
        centre = [np.average(index, weights=digit) for index in np.indices(digit.shape)]
        assert np.abs(np.array(centre) - 14).max() < 0.6
        assert is_similar(digit, SEVEN, least=0.8)  # a thinner pen, as some of MNIST's writers had


def test_what_is_no_picture_is_named_for_what_it_is():
    for contents, what in ((b"<!doctype html><p>", "a web page"), (b"%PDF-1.4", "a PDF document")):
        with pytest.raises(DataError, match=f"x: expected PNG, JPEG.*found {what}"):
            parse_digits(contents, "x")


def test_a_small_picture_is_taken_as_it_is():
    image = ink_to_image(SEVEN)
    for grey in (image, 1 - image):
        np.testing.assert_allclose(parse_digits(png(grey), "x")[0], image, atol=1 / 255)


@pytest.mark.parametrize(
    "shape",
    [(28, 28), (3, 28, 28), (784,), (3, 784), (3, 28, 28, 1), (3, 1, 28, 28), (28, 28, 1)],
)
def test_arrays_are_images_already(shape):
    bytes_ = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    wanted = bytes_.reshape(-1, 28, 28) / np.float32(255)
    for array in (bytes_, bytes_.astype(np.float64), bytes_ / 255, np.asfortranarray(bytes_)):
        np.testing.assert_allclose(parse_digits(npy(array), "x"), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((27, 28)),
        np.zeros((2, 2, 28, 28)),
        np.full((28, 28), np.nan),
        np.full((28, 28), -1.0),
        np.full((28, 28), 256.0),
        np.zeros((28, 28), complex),
        np.array([{}]),
    ],
    ids=["shape", "dimensions", "nan", "negative", "large", "complex", "pickle"],
)
def test_arrays_that_are_no_images_are_refused(array):
    with pytest.raises(DataError, match=r"x\.npy"):
        parse_digits(npy(array), "x.npy")


def test_no_images_are_no_digits():
    assert as_images(np.zeros((0, 28, 28), np.uint8), "x").shape == (0, 28, 28)


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_idx_files(tmp_path, name):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    write_idx(tmp_path / name, images)
    np.testing.assert_allclose(locate_digits_in(tmp_path / name).images, images / np.float32(255))


def test_stroke_json():
    contents = b' [{"strokes": [[[0, 0], [3, 9]]]}, {"strokes": []}]'
    images = parse_digits(contents, "x")
    assert images.shape == (2, 28, 28)
    assert images[0].any()
    assert not images[1].any()


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9"
        + b"9" * 60,
        b"\x1f\x8b",
        gzip.compress(b"hello", mtime=0),
        b"\x00\x00\x08\x03",
        b'{"strokes": 1}',
    ],
)
def test_other_files_are_refused_by_name(contents):
    pytest.importorskip("PIL.Image")
    with pytest.raises(DataError, match="the file"):
        parse_digits(contents, "the file")


def test_a_picture_cut_short_is_refused():
    contents = png(np.random.default_rng(0).random((200, 200)))
    with pytest.raises(DataError, match="damaged"):
        parse_digits(contents[: len(contents) // 2], "x")


@pytest.mark.parametrize("contents", [b"GIF89a" + b"\0" * 20, b"GIF87a", b"BM\0", b"II*\0xx"])
def test_what_is_damaged_is_said_without_objects_of_python(contents):
    with pytest.raises(DataError, match=r"x: damaged picture.*; save it again as PNG") as error:
        parse_digits(contents, "x")
    assert "object at" not in str(error.value)


def test_a_damaged_header_of_numpy_is_said_without_a_tuple():
    contents = b"\x93NUMPY\x01\x00\x10\x00" + b"{" + b"(" * 15
    with pytest.raises(DataError, match=r"x: not a usable \.npy file( \([^(\d]+\))?$"):
        parse_digits(contents, "x")


def test_a_picture_that_claims_to_be_huge_is_not_unpacked():
    contents = bytearray(png(paper([ONE])))
    contents[16:24] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(DataError, match=r"pixels|damaged"):
        parse_digits(bytes(contents), "x")


def test_a_missing_file_is_named(tmp_path):
    for path in (tmp_path / "nowhere.png", tmp_path):
        with pytest.raises(DataError, match=path.name):
            locate_digits_in(path)


def test_standard_input(monkeypatch):
    class Input:
        buffer = io.BytesIO(b'{"strokes": [[[0, 0], [1, 1]]]}')

    monkeypatch.setattr("sys.stdin", Input())
    assert locate_digits_in("-").images.shape == (1, 28, 28)
