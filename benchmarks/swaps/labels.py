"""Which source field of a real schema is right for each target field; part of the target's names differ.

One line is `target field:type:kind | pointer`; a table's first line names it, its group and its records' key. A kind
with a `+` is of amounts in several currencies: a companion field beside it says which.
`familiar` schemas may be looked at while the evidence is worked on; `unseen` ones are only counted.
"""

from __future__ import annotations

from typing import Final

LABELS: Final = """
# company familiar /name
name:string:name | /name
symbol:string:code | /symbol
isin:string:code | /isins/0
founded_year:integer:year | /metadata/founded
headcount:integer:count | /metadata/employees
revenue:number:money+ | /metadata/revenue
net_profit:number:money+ | /metadata/net_income
operating_result:number:money+ | /metadata/operating_income
total_assets:number:money+ | /metadata/total_assets
shareholder_equity:number:money+ | /metadata/total_equity
homepage:string:url | /metadata/website
wiki_page:string:url | /metadata/wikipedia_url
head_office:string:address | /metadata/headquarters
founder:string:name | /metadata/founder
management:string:name | /metadata/key_people
main_products:string:category | /metadata/products
legal_form:string:category | /metadata/company_type
# nation familiar /iso
country_name:string:name | /name
iso2:string:code | /iso
iso_alpha3:string:code | /iso3
numeric_code:integer:code | /isonumeric
fips_code:string:code | /fips
continent:string:code | /continentcode
capital_city:string:name | /capital
area_sq_km:number:quantity | /areakm2
inhabitants:integer:count | /population
currency:string:currency | /currencycode
currency_label:string:name | /currencyname
dialling_code:string:code | /phone
internet_domain:string:code | /tld
# flight familiar /flight
departure_time:integer:code | /dep_time
scheduled_departure:integer:code | /sched_dep_time
departure_delay:integer:quantity | /dep_delay
arrival_time:integer:code | /arr_time
scheduled_arrival:integer:code | /sched_arr_time
arrival_delay:integer:quantity | /arr_delay
airline:string:code | /carrier
flight_no:integer:code | /flight
tail_number:string:code | /tailnum
origin:string:code | /origin
destination:string:code | /dest
minutes_in_air:integer:quantity | /air_time
distance:integer:quantity | /distance
# car familiar /Name
model_name:string:name | /Name
mpg:number:quantity | /Miles_per_Gallon
cylinder_count:integer:count | /Cylinders
engine_displacement:number:quantity | /Displacement
power_hp:number:quantity | /Horsepower
weight_lbs:number:quantity | /Weight_in_lbs
acceleration:number:quantity | /Acceleration
# player familiar /playerID
id:string:identifier | /playerID
year_of_birth:integer:year | /birthYear
birth_month:integer:count | /birthMonth
birth_day:integer:count | /birthDay
country_of_birth:string:country | /birthCountry
birth_state:string:category | /birthState
birthplace:string:name | /birthCity
year_of_death:integer:year | /deathYear
death_country:string:country | /deathCountry
place_of_death:string:name | /deathCity
first_name:string:name | /nameFirst
surname:string:name | /nameLast
given_names:string:name | /nameGiven
weight:integer:quantity | /weight
height:integer:quantity | /height
batting_hand:string:category | /bats
throwing_hand:string:category | /throws
first_game:string:date | /debut
last_game:string:date | /finalGame
retrosheet_id:string:identifier | /retroID
bbref:string:identifier | /bbrefID
# state unseen /name
name:string:name | /name
alpha_2_code:string:code | /ISO/alpha2
alpha_3_code:string:code | /ISO/alpha3
numeric_code:string:code | /ISO/numeric
surface_area:number:quantity | /area
population:integer:count | /population
capital:string:name | /capital
latitude:number:latitude | /latlng/0
calling_code:string:code | /callingCodes/0
currency_code:string:currency | /currencies/0
local_name:string:name | /nativeName
people_name:string:name | /demonym
world_region:string:category | /region
sub_region:string:category | /subregion
german_name:string:name | /translations/de
french_name:string:name | /translations/fr
italian_name:string:name | /translations/it
wikipedia_link:string:url | /wiki
# element unseen /symbol
element_name:string:name | /name
symbol:string:code | /symbol
atomic_no:integer:code | /atomic_number
mass:number:quantity | /atomic_weight
mass_uncertainty:number:quantity | /atomic_weight_uncertainty
radius:number:quantity | /atomic_radius
density_g_cm3:number:quantity | /density
polarizability:number:quantity | /dipole_polarizability
electron_affinity:number:quantity | /electron_affinity
heat_of_evaporation:number:quantity | /evaporation_heat
heat_of_fusion:number:quantity | /fusion_heat
heat_capacity:number:quantity | /specific_heat_capacity
molar_heat_cap:number:quantity | /molar_heat_capacity
thermal_cond:number:quantity | /thermal_conductivity
pauling_electronegativity:number:quantity | /en_pauling
allen_electronegativity:number:quantity | /en_allen
proton_affinity:number:quantity | /proton_affinity
crust_abundance:number:quantity | /abundance_crust
abundance_in_sea:number:quantity | /abundance_sea
cas_number:string:code | /cas
geochem_class:string:category | /geochemical_class
goldschmidt:string:category | /goldschmidt_class
crystal_structure:string:category | /lattice_structure
lattice_const:number:quantity | /lattice_constant
group_no:integer:code | /group_id
period:integer:count | /period
discovered_by:string:name | /discoverers
year_discovered:integer:year | /discovery_year
place_of_discovery:string:name | /discovery_location
price_usd_per_kg:number:money | /price_per_kg
jmol_colour:string:code | /jmol_color
cpk_colour:string:code | /cpk_color
mendeleev_no:integer:code | /mendeleev_number
# airport unseen /icao
icao_code:string:code | /icao
iata_code:string:code | /iata
airport_name:string:name | /name
municipality:string:name | /city
state_or_province:string:name | /subd
country_code:string:country | /country
elevation_ft:number:quantity | /elevation
latitude:number:latitude | /lat
longitude:number:longitude | /lon
time_zone:string:name | /tz
local_code:string:code | /lid
# aircraft unseen /tailnum
registration:string:identifier | /tailnum
year_built:integer:year | /year
aircraft_type:string:category | /type
maker:string:name | /manufacturer
model:string:name | /model
engine_count:integer:count | /engines
seat_count:integer:count | /seats
engine_type:string:category | /engine
# observation unseen /time_hour
station:string:code | /origin
air_temperature:number:quantity | /temp
dew_point:number:quantity | /dewp
humidity:number:percent | /humid
wind_direction:number:quantity | /wind_dir
wind_velocity:number:quantity | /wind_speed
gust_speed:number:quantity | /wind_gust
rainfall:number:quantity | /precip
air_pressure:number:quantity | /pressure
visibility:number:quantity | /visib
observed_at:string:datetime | /time_hour
# batting unseen /playerID
player:string:identifier | /playerID
season:integer:year | /yearID
team:string:code | /teamID
league:string:code | /lgID
games:integer:count | /G
at_bats:integer:count | /AB
runs:integer:count | /R
hits:integer:count | /H
doubles:integer:count | /2B
triples:integer:count | /3B
home_runs:integer:count | /HR
runs_batted_in:integer:count | /RBI
stolen_bases:integer:count | /SB
caught_stealing:integer:count | /CS
walks:integer:count | /BB
strikeouts:integer:count | /SO
# club unseen /teamID
club_name:string:name | /name
season:integer:year | /yearID
league:string:code | /lgID
team_code:string:code | /teamID
franchise:string:code | /franchID
division:string:code | /divID
final_rank:integer:count | /Rank
home_games:integer:count | /Ghome
division_champion:string:category | /DivWin
league_champion:string:category | /LgWin
stadium:string:name | /park
spectators:integer:count | /attendance
# employment unseen /month
month:string:date | /month
nonfarm_jobs:integer:count | /nonfarm
private_sector:integer:count | /private
goods_production:integer:count | /goods_producing
service_provision:integer:count | /service_providing
mining:integer:count | /mining_and_logging
construction_jobs:integer:count | /construction
manufacturing_jobs:integer:count | /manufacturing
durables:integer:count | /durable_goods
non_durables:integer:count | /nondurable_goods
wholesale:number:count | /wholesale_trade
retail:number:count | /retail_trade
transport_warehousing:number:count | /transportation_and_warehousing
utilities:number:count | /utilities
information_sector:integer:count | /information
finance:integer:count | /financial_activities
professional_services:integer:count | /professional_and_business_services
education_health:integer:count | /education_and_health_services
leisure:integer:count | /leisure_and_hospitality
government_jobs:integer:count | /government
# day unseen /date
date:string:date | /date
rain_mm:number:quantity | /precipitation
max_temp_c:number:quantity | /temp_max
min_temp_c:number:quantity | /temp_min
wind_speed:number:quantity | /wind
conditions:string:category | /weather
# city unseen /geonameid
place_name:string:name | /name
geonames_id:integer:identifier | /geonameid
lat:number:latitude | /latitude
lng:number:longitude | /longitude
country:string:country | /countrycode
residents:integer:count | /population
tz:string:name | /timezone
admin_area:string:code | /admin1code
"""
