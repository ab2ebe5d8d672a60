"""The fixtures of `api_world`, for every test of the doors."""

from __future__ import annotations

from tests.entry import api_world

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta
