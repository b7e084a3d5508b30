"""What a page demands beyond its single fields: fields that belong together, and pictures that must fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from .codes import Refusal
from .pages.fields import PICTURE_SIDE, Page
from .pages.gateway import ANIME, XL_IMAGE
from .pages.native import AREA, FILM, JIMENG, WIDEST
from .pages.seeds import CONTROLNET, E_COMMERCE, OUTPAINTING

SIDES = ("top", "bottom", "left", "right")
#: high_aes: least and most px of a side, by version (catalog section 5).
_ANIME_SIDES = {"anime_v1.3": (576, 1728), "general_v1.3": (128, 512)}
_ANIME_AREA = 1088 * 1088

Values = Mapping[str, Any]


def check_values(page: Page, values: Values, count: int) -> None:
    """Fields against each other and against the number of pictures. Raises Refusal."""
    doubled = 2 if values.get("use_sr") else 1
    sides = [values[name] for name in ("width", "height") if values.get(name) is not None]
    if "size" not in values and sides and max(sides) * doubled > PICTURE_SIDE:
        raise Refusal(50205, f"'width' and 'height' give more than {PICTURE_SIDE} px per side")
    rule = _RULES.get(page.req_key)
    if rule is not None:
        rule(values, count)


def ignored(page: Page, values: Values) -> tuple[str, ...]:
    """Fields that the service takes and does nothing with."""
    return ("use_sr",) if page.req_key == ANIME and values["model_version"] == "anime_v1.3" else ()


def check_pictures(page: Page, pictures: Sequence[Image.Image], named: Mapping[str, Image.Image]) -> None:
    """File formats, sizes, and a mask against its picture; ``named`` by fields. Raises Refusal."""
    for name, picture in (*((f"picture {index}", one) for index, one in enumerate(pictures)), *named.items()):
        # Pictures made here, for addresses that are not fetched, have no file format.
        if page.formats and picture.format is not None and picture.format not in page.formats:
            raise Refusal(50200, f"{name} is {picture.format}; {', '.join(page.formats)} are accepted")
        short, long = sorted(picture.size)
        if short < page.least_side:
            raise Refusal(50205, f"{name} must be at least {page.least_side} px per side")
        if page.ratio is not None and long > page.ratio * short:
            raise Refusal(50205, f"{name} is longer than {page.ratio:g} to 1")
    if page.masked and len(pictures) == 2:
        _mask(*pictures)


def _mask(picture: Image.Image, mask: Image.Image) -> None:
    if mask.mode != "L":
        raise Refusal(50215, f"the mask must be single-channel 8-bit (mode L), got mode {mask.mode}")
    if mask.size != picture.size:
        sizes = f"{picture.width}x{picture.height} and {mask.width}x{mask.height}"
        raise Refusal(50215, f"picture and mask must be of equal size, got {sizes}")


def _outpainting(values: Values, count: int) -> None:
    given = [name for name in SIDES if values[name] is not None]
    if count == 1 and not given:
        raise Refusal(50201, "one of 'top', 'bottom', 'left', 'right' is required with a single picture")
    if count == 2 and given:
        raise Refusal(50200, f"'{given[0]}' must be absent when a mask is sent")


def _point_at(name: str, index: int, count: int) -> None:
    if index >= count:
        raise Refusal(50200, f"'{name}.binary_data_index' is {index}, but {count} picture(s) were sent")


def _controlnet(values: Values, count: int) -> None:
    if not values["controlnet_args"]:
        raise Refusal(50201, "'controlnet_args' must hold at least one entry")
    _controls(values, count)


def _controls(values: Values, count: int) -> None:
    for position, control in enumerate(values["controlnet_args"] or []):
        _point_at(f"controlnet_args[{position}]", control["binary_data_index"], count)
    style = values.get("style_reference_args")
    if style is not None:
        _point_at("style_reference_args", style.get("binary_data_index", 0), count)


def _e_commerce(values: Values, count: int) -> None:
    if count > 4:
        raise Refusal(50200, f"at most 4 picture(s) are accepted, got {count}")
    for first, second in (
        ("auto_composition_switch", "manual_composition_switch"),
        ("preset_light_switch", "upload_light_switch"),
    ):
        if values[first] and values[second]:
            raise Refusal(50200, f"'{first}' and '{second}' must not both be true")
    for switch, picture in (
        ("ref_switch", "ref_image_input"),
        ("mask_image_switch", "mask_image_input"),
        ("upload_light_switch", "light_image_input"),
    ):
        if values[switch] and values[picture] is None:
            raise Refusal(50201, f"'{picture}' is required when '{switch}' is true")


def _anime(values: Values, count: int) -> None:
    version = values["model_version"]
    low, high = _ANIME_SIDES[version]
    for name in ("width", "height"):
        if values[name] is not None and not low <= values[name] <= high:
            raise Refusal(50200, f"'{name}' must be {low} to {high} with {version}, got {values[name]}")
    if version == "anime_v1.3" and (values["width"] or 1024) * (values["height"] or 1024) > _ANIME_AREA:
        raise Refusal(50200, f"'width' times 'height' must be at most {_ANIME_AREA}")
    if version == "general_v1.3" and count:
        raise Refusal(50200, "'binary_data_base64' is for anime_v1.3; general_v1.3 takes text only")


def _jimeng(values: Values, count: int) -> None:
    width, height = values["width"], values["height"]
    if (width is None) != (height is None):
        missing = "width" if width is None else "height"
        raise Refusal(50201, f"'{missing}' is required: 'width' and 'height' go together")
    if width is None:
        return
    if not AREA[0] <= width * height <= AREA[1]:
        raise Refusal(50200, f"'width' times 'height' must be {AREA[0]} to {AREA[1]}, got {width * height}")
    if max(width, height) > WIDEST * min(width, height):
        raise Refusal(50200, f"'width' to 'height' must be between 1:{WIDEST:g} and {WIDEST:g}:1")


def _film(values: Values, count: int) -> None:
    if not count and not values["prompt"].strip():
        raise Refusal(50201, "'prompt' is required when no picture is sent")


def _dressing(values: Values, count: int) -> None:
    person, garments = values["model"] or {}, values["garment"]["data"]
    if not 1 <= len(garments) <= 2:
        raise Refusal(50200, f"'garment.data' must hold 1 or 2 garments, got {len(garments)}")
    if values["req_image_store_type"] == 0:
        if count != 1 + len(garments):
            raise Refusal(50206, f"'binary_data_base64' must hold the person and {len(garments)} garment(s)")
        return
    if count:
        raise Refusal(50200, "'binary_data_base64' needs a 'req_image_store_type' of 0")
    urls = {"model.url": person, **{f"garment.data[{index}].url": one for index, one in enumerate(garments)}}
    for name, entry in urls.items():
        if "url" not in entry:
            raise Refusal(50201, f"'{name}' is required with a 'req_image_store_type' of 1")


_RULES: dict[str, Callable[[Values, int], None]] = {
    OUTPAINTING: _outpainting,
    CONTROLNET: _controlnet,
    XL_IMAGE: _controls,
    E_COMMERCE: _e_commerce,
    ANIME: _anime,
    JIMENG: _jimeng,
    "jimeng_seedream46_cvtob": _jimeng,
    "dressing_diffusionV2": _dressing,
    FILM: _film,
}
