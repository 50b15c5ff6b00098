{{ neighbour_statistics(ref('int_national_ranks'), ref('int_national_populations'), ref('int_neighbour_sets')) }}
