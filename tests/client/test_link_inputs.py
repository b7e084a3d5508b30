"""Models that take links: pictures, videos and sounds are uploaded when the call is sent, and never paid for twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client.catalog import model
from volcv_client.catalog.inputs import JsonText
from volcv_client.client import Client
from volcv_client.errors import InputError, UploadError
from volcv_client.request.media import MediaFile

from .helpers import client_for, colour, error_of, half_mask, make, opened, profile, sandbox, start

TALK, DETECT, LIPS = (
    "jimeng_realman_avatar_picture_omni_v15",
    "jimeng_realman_avatar_object_detection",
    "realman_change_lips",
)
FILM, PIPPIT = "jimeng_video_v30", "pippit_iv2v_v20_cvtob"
MP4 = b"\0\0\0\x18ftypmp42" + bytes(range(256))
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(64)
VOICE = "https://example.com/voice.mp3"
META = {"producer_id": "p-1", "content_producer": "studio"}


def talking(**changes: Any) -> dict[str, Any]:
    return {"image": [colour()], "audio": MediaFile(WAV), "seed": 7, **changes}


def submitted(server: Gateway) -> list[dict[str, Any]]:
    return [request.body or {} for request in server.requests if not request.action.endswith("GetResult")]


def file_behind(server: Gateway, link: str) -> bytes:
    stored = server.files.get(link.removeprefix(f"{server.url}/files/"))
    assert stored is not None
    return stored[0]


def test_a_picture_and_a_sound_are_uploaded_as_they_are(client: Client, server: Gateway) -> None:
    made = make(client, talking(mask=[half_mask(48, 32)]), key=TALK)
    (body,) = submitted(server)
    assert opened(file_behind(server, body["image_url"])).size == (48, 32)
    assert file_behind(server, body["audio_url"]) == WAV
    mask = opened(file_behind(server, body["mask_url"][0]))
    assert (mask.mode, mask.size, server.uploads) == ("L", (48, 32), 3)
    assert made.results[0].files[0].is_video and "uri://" not in json.dumps(body)


def test_an_address_takes_the_place_of_a_file(client: Client, server: Gateway) -> None:
    made = make(client, {"image": [colour()], "audio": MediaFile(WAV), "audio_url": VOICE, "seed": 7}, key=TALK)
    (body,) = submitted(server)
    assert body["audio_url"] == VOICE and server.uploads == 1
    assert any("audio_url" in note for note in made.notes)


def test_the_same_files_are_the_same_request(client: Client, server: Gateway) -> None:
    make(client, talking(), key=TALK)
    again = make(client, talking(), key=TALK)
    assert again.results[0].reused and (server.charged, server.uploads) == (1, 2)
    make(client, talking(audio=MediaFile(WAV + b"!")), key=TALK)
    make(client, talking(image=[colour(value=(1, 2, 3))]), key=TALK)
    assert server.charged == 3


def test_what_is_uploaded_stays_uploaded_through_retries(quick_retries: None) -> None:
    with sandbox(Fault(code=50430, times=2)) as server:
        make(client_for(profile(server.url)), talking(), key=TALK)
        assert (len(submitted(server)), server.uploads, server.charged) == (3, 2, 1)


def test_without_an_upload_service_nothing_is_sent(server: Gateway) -> None:
    native = client_for(profile(server.url, api_key="", access_key="AK", secret_key="SK"))
    error = error_of(start(native, talking(), key=TALK))
    assert isinstance(error, UploadError) and error.key == "no_upload_url" and "upload_url" in str(error)
    assert server.requests == [] and server.charged == 0
    assert native.store.journal.open_entries(9) == []


@pytest.mark.parametrize("fault", [Fault(where="upload", status=500), Fault(where="upload", cut="before_headers")])
def test_an_upload_that_fails_costs_nothing(server: Gateway, client: Client, fault: Fault) -> None:
    server.inject(fault)
    assert isinstance(error_of(start(client, talking(), key=TALK)), UploadError)
    assert server.requests == [] and server.charged == 0
    assert make(client, talking(), key=TALK).results[0].files


@pytest.mark.parametrize(("missing", "names"), [("image", "image, image_url"), ("audio", "audio, audio_url")])
def test_what_is_missing_is_named(client: Client, server: Gateway, missing: str, names: str) -> None:
    given = talking()
    del given[missing]
    with pytest.raises(InputError, match=names):
        start(client, given, key=TALK)
    assert server.requests == []


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="voice"):
        MediaFile.of(str(tmp_path / "voice.wav"))


def test_a_file_that_goes_before_the_call_costs_nothing(client: Client, server: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(WAV)
    voice = MediaFile.of(path)
    path.unlink()
    error = error_of(start(client, talking(audio=voice, seed=-1), key=TALK))
    assert isinstance(error, InputError) and "voice.wav" in str(error) and server.charged == 0


def test_a_file_that_changes_after_its_digest_is_refused(tmp_path: Path) -> None:
    """As of pictures: the answer would be stored under the digest of what was not sent."""
    path = tmp_path / "voice.wav"
    path.write_bytes(WAV)
    voice = MediaFile.of(path)
    assert voice.digest() and voice.read() == WAV
    path.write_bytes(WAV + b"!")
    with pytest.raises(InputError) as caught:
        voice.read()
    assert caught.value.key == "changed_file"


def test_a_link_inside_json_text_leads_to_the_video(client: Client, server: Gateway) -> None:
    made = make(client, {"video": MediaFile(MP4), "audio": MediaFile(WAV)}, key=LIPS)
    (body,) = submitted(server)
    assert file_behind(server, body["url"]) == MP4 and file_behind(server, body["pure_audio_url"]) == WAV
    assert body["req_key"] == LIPS and made.results[0].files[0].is_video


def test_the_arm_of_a_choice_names_another_model(client: Client, server: Gateway) -> None:
    make(client, {"url": "https://example.com/a.mp4", "pure_audio_url": VOICE, "version": "basic"}, key=LIPS)
    (body,) = submitted(server)
    assert body["req_key"] == "realman_change_lips_basic_chimera" and "align_audio" not in body


def test_links_of_masks_inside_json_text_become_pictures(client: Client, server: Gateway) -> None:
    made = make(client, {"image": [colour()]}, key=DETECT)
    assert made.results[0].files and server.requests[0].action == "CVProcess"


def test_pictures_fill_a_list_in_order_without_gaps(client: Client, server: Gateway) -> None:
    two = {"image_2": [colour(value=(1, 2, 3))], "image_5": [colour(value=(200, 2, 3))]}
    make(client, {**two, "prompt": "a film", "video": MediaFile(MP4), "reference": "pictures and a video"}, key=PIPPIT)
    (body,) = submitted(server)
    red = [opened(file_behind(server, link)).getpixel((5, 5)) for link in body["img_url_list"]]
    assert len(body["video_url_list"]) == 1 and body["req_key"] == f"{PIPPIT}_with_vinput"
    assert [pixel[0] > 100 for pixel in red if isinstance(pixel, tuple)] == [False, True]


def test_a_video_that_does_not_count_is_said_so(client: Client, server: Gateway) -> None:
    made = make(client, {"prompt": "a film", "video": MediaFile(MP4)}, key=PIPPIT)
    assert any("video" in note for note in made.notes) and server.uploads == 0


# req_keys by several choices


@pytest.mark.parametrize(("req_key", "choices"), model(FILM).variants.items())
def test_choices_together_name_the_model(req_key: str, choices: dict[str, str]) -> None:
    frame = [colour(640, 360)]
    with sandbox() as server:
        pictures = {"image": frame, "last_image": frame}
        made = make(client_for(profile(server.url)), {"prompt": "dusk", **choices}, pictures, key=FILM)
        (body,) = submitted(server)
    assert body["req_key"] == req_key == made.results[0].req_key
    used = {"text": 0, "first frame": 1, "first and last frame": 2, "camera move": 1}[choices["source"]]
    assert len(body.get("binary_data_base64", ())) == used
    assert ("aspect_ratio" in body, "template_id" in body) == (used == 0, choices["source"] == "camera move")


def test_a_frame_that_is_missing_is_named(client: Client) -> None:
    with pytest.raises(InputError, match="last_image"):
        start(client, {"prompt": "dusk", "source": "first and last frame"}, {"image": [colour(640, 360)]}, key=FILM)


# aigc_meta


def test_a_label_goes_into_the_polls(client: Client, server: Gateway) -> None:
    make(client, {"prompt": "dusk", "aigc_meta": json.dumps(META)}, key=FILM)
    submit, *polls = server.requests
    assert not {"aigc_meta", *META} & (submit.body or {}).keys()
    assert all(json.loads((poll.body or {})["req_json"]) == {"aigc_meta": META} for poll in polls) and polls


@pytest.mark.parametrize(
    "meta",
    [{"content_producer": "studio"}, {**META, "producer_id": "x" * 257}, {**META, "more": "?"}, {"producer_id": 3}],
)
def test_a_label_that_the_service_would_refuse_after_the_work_is_refused_before(client: Client, meta: Any) -> None:
    with pytest.raises(InputError, match="producer_id"):
        start(client, {"prompt": "dusk", "aigc_meta": json.dumps(meta)}, key=FILM)


def test_every_label_is_of_one_kind() -> None:
    labels = [one for one in model(FILM).all_inputs() if isinstance(one, JsonText)]
    assert [one.path for one in labels] == ["aigc_meta"]
