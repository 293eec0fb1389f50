"""Every model: each of these brings its tables."""

from sqlalchemy import MetaData

import wis.aktorer.models
import wis.andringar
import wis.anteckningar.models
import wis.arkiv.models
import wis.audit
import wis.auth.models
import wis.begaran.models
import wis.bevakning.models
import wis.bilagor.models
import wis.floden.models
import wis.fragor.models
import wis.handelser.models
import wis.konton.models
import wis.lagesbild.markmodell
import wis.lagesbild.models
import wis.notiser.models
import wis.notiser.pushmodell
import wis.overbliven
import wis.paverkan.models
import wis.skrivnarvaro
import wis.sok.index
import wis.taggar
import wis.tvaperson.models
import wis.typhandelser.models
import wis.tystnad.models
import wis.underrattelser.models
import wis.ytor.models  # noqa: F401 each of these brings its tables
from wis.db import Base

METADATA: MetaData = Base.metadata
