"""The data folder: where what lies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import UsageError

SETTINGS = "settings.toml"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A data folder. With its database it is all that there is to back up; `kept` may be lost."""

    folder: Path

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    @property
    def editions(self) -> Path:
        return self.folder / "editions"

    @property
    def kept(self) -> Path:
        """Runs kept so that a regrade need not run again; made anew where they are lost."""
        return self.folder / "kept"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenId(_Settings):
    """An OpenID provider. Whoever it knows joins the course as a student."""

    issuer: str
    client_id: str
    client_secret: str = ""
    label: str = "University account"
    course: str


class Proxy(_Settings):
    """A proxy that signs people in and names them in a header; believed on the unix socket alone."""

    socket: Path
    header: str = "X-Remote-User"
    name_header: str = "X-Remote-Name"
    course: str


class LtiPlatform(_Settings):
    """A learning platform (LTI 1.3), as its administrator registers this tool."""

    issuer: str
    client_id: str
    deployments: tuple[str, ...] = ()
    authorize: str
    token: str
    keys: str
    course: str


class Settings(_Settings):
    """`settings.toml` in the data folder. address: how browsers reach us, e.g. https://grader.example.org."""

    address: str | None = None
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    jobs: Annotated[int, Field(ge=1, le=256)] | None = None
    openid: OpenId | None = None
    proxy: Proxy | None = None
    lti: tuple[LtiPlatform, ...] = ()


def settings(place: DataFolder) -> Settings:
    """The settings of a data folder; all as usual where there is no file. Raises `UsageError`."""
    path = place.folder / SETTINGS
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {where}: {first['msg']}") from error
